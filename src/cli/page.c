#include "cli/page.h"

#include <string.h>

#include "base/scope.h"
#include "cli/host.h"
#include "cli/say.h"

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}"
	"h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}code,td.c{font-family:ui-monospace,monospace;font-size:.9em}"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
	"border-bottom:1px solid #ddd;overflow-wrap:anywhere}.bad{color:#a00}.part{color:#850}.good{color:#060}"
	"@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}th,td{border-color:#444}"
	".bad{color:#f88}.part{color:#fc6}.good{color:#8d8}}";

static void add_escaped(struct text *text, const char *string)
{
	for (; string && *string; string++) {
		switch (*string) {
		case '<':
			text_add(text, "&lt;");
			break;
		case '>':
			text_add(text, "&gt;");
			break;
		case '&':
			text_add(text, "&amp;");
			break;
		case '"':
			text_add(text, "&quot;");
			break;
		case '\'':
			text_add(text, "&#39;");
			break;
		default:
			text_add_char(text, *string);
		}
	}
}

/* Any value that is no list or object. */
static void add_value(struct text *text, const json_t *value)
{
	if (json_is_string(value))
		add_escaped(text, json_string_value(value));
	else if (json_is_integer(value))
		text_addf(text, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		text_add(text, json_is_true(value) ? "yes" : "no");
	else
		text_add(text, "–");
}

static void add_words(struct text *text, const json_t *words)
{
	const json_t *word;
	size_t i;
	json_array_foreach (words, i, word) {
		text_add(text, i ? " " : "");
		add_value(text, word);
	}
}

static void add_row(struct text *text, const char *name, const json_t *value)
{
	text_add(text, "<tr><th>");
	add_escaped(text, name);
	text_add(text, "</th><td class=c>");
	if (json_is_array(value))
		add_words(text, value);
	else
		add_value(text, value);
	text_add(text, "</td></tr>\n");
}

static void add_head(struct text *text, const json_t *record, const json_t *report)
{
	static const char *const usage[] = { "wall_ms",        "cpu_ms",     "memory_peak_bytes",
					     "processes_peak", "disk_bytes", "output_bytes" };
	char time[32];
	host_show_time((uint64_t)json_integer_value(json_object_get(record, "began_ms")), time, sizeof time);
	text_add(text, "<h1>cordon run <code>");
	add_value(text, json_object_get(record, "run_id"));
	text_add(text, "</code></h1>\n<table>\n");
	add_row(text, "command", json_object_get(record, "argv"));
	add_row(text, "workspace", json_object_get(record, "workspace"));
	text_addf(text, "<tr><th>begun</th><td class=c>%s</td></tr>\n", time);
	add_row(text, "outcome", json_object_get(report, "outcome"));
	add_row(text, "exit status", json_object_get(record, "exit_status"));
	add_row(text, "failed after a refusal", json_object_get(report, "explained_by_sandbox"));
	if (json_is_object(json_object_get(report, "error")))
		add_row(text, "error", json_object_get(json_object_get(report, "error"), "text"));
	for (size_t i = 0; i < sizeof usage / sizeof *usage; i++)
		add_row(text, usage[i], json_object_get(json_object_get(report, "usage"), usage[i]));
	text_add(text, "</table>\n");
}

static void add_cell(struct text *text, const json_t *value, const char *class)
{
	text_addf(text, "<td class=\"c %s\">", class);
	if (json_is_array(value))
		add_words(text, value);
	else
		add_value(text, value);
	text_add(text, "</td>");
}

static void add_denials(struct text *text, const json_t *report)
{
	const json_t *denials = json_object_get(report, "denials"), *denial;
	size_t i;
	text_add(text, "<h2>Refused</h2>\n");
	if (json_array_size(denials) == 0) {
		text_add(text, json_is_true(json_object_get(report, "denials_observed"))
				       ? "<p>Nothing that was seen.</p>\n"
				       : "<p>Refused acts were not observed.</p>\n");
		return;
	}
	text_add(text, "<table>\n<tr><th>act</th><th>target</th><th>process</th><th>rule</th><th>would allow it</th>"
		       "<th>at stake</th><th>times</th></tr>\n");
	json_array_foreach (denials, i, denial) {
		const json_t *rule = json_object_get(denial, "rule"), *process = json_object_get(denial, "process");
		text_add(text, "<tr>");
		add_cell(text, json_object_get(denial, "action"), "");
		add_cell(text, json_object_get(denial, "target"), "");
		add_cell(text,
			 json_is_array(json_object_get(process, "argv")) ? json_object_get(process, "argv")
									 : json_object_get(process, "exe"),
			 "");
		text_add(text, "<td class=c>");
		add_value(text, json_object_get(rule, "file"));
		text_add(text, ":");
		add_value(text, json_object_get(rule, "line"));
		text_add(text, "</td>");
		add_cell(text, json_object_get(denial, "would_allow"), "");
		add_cell(text, json_object_get(denial, "danger"), "bad");
		add_cell(text, json_object_get(denial, "count"), "");
		text_add(text, "</tr>\n");
	}
	text_add(text, "</table>\n");
}

static void add_host(struct text *text, const json_t *host)
{
	CORDON_ON_EXIT(text_free) struct text name = { 0 };
	if (!json_is_string(host)) {
		add_cell(text, host, "");
		return;
	}
	text_add(&name, json_string_value(host));
	say_add_letters(&name, json_string_value(host));
	text_add(text, "<td class=\"\">");
	add_escaped(text, text_str(&name));
	text_add(text, "</td>");
}

static void add_network(struct text *text, const json_t *report)
{
	const json_t *network = json_object_get(report, "network"), *host;
	const json_t *hosts = json_object_get(network, "hosts");
	static const char *const columns[] = { "direction", "connections", "bytes_in", "bytes_out" };
	size_t i;
	if (!json_is_object(network))
		return;
	text_add(text, "<h2>Network</h2>\n<table>\n<tr><th>host</th><th>direction</th><th>connections</th>"
		       "<th>bytes in</th><th>bytes out</th></tr>\n");
	json_array_foreach (hosts, i, host) {
		text_add(text, "<tr>");
		add_host(text, json_object_get(host, "host"));
		for (size_t column = 0; column < sizeof columns / sizeof *columns; column++)
			add_cell(text, json_object_get(host, columns[column]), "");
		text_add(text, "</tr>\n");
	}
	text_add(text, "</table>\n");
}

static void add_guarantees(struct text *text, const json_t *report)
{
	json_t *levels = json_object_get(report, "guarantees"), *gaps = json_object_get(report, "gaps"), *level;
	const char *name;
	text_add(text, "<h2>Guarantees</h2>\n<table>\n");
	json_object_foreach (levels, name, level) {
		const char *word = json_string_value(level);
		const char *class = !word                           ? "bad"
				    : strcmp(word, "enforced") == 0 ? "good"
				    : strcmp(word, "partial") == 0  ? "part"
								    : "bad";
		text_add(text, "<tr><th>");
		add_escaped(text, name);
		text_add(text, "</th>");
		add_cell(text, level, class);
		add_cell(text, json_object_get(gaps, name), "");
		text_add(text, "</tr>\n");
	}
	text_add(text, "</table>\n");
}

void page_add(struct text *text, const json_t *record)
{
	const json_t *report = json_object_get(record, "report");
	text_add(text,
		 "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
		 "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		 "<meta name=viewport content=\"width=device-width\"><title>cordon run</title>\n<style>");
	text_add(text, style);
	text_add(text, "</style></head><body>\n");
	add_head(text, record, report);
	add_denials(text, report);
	add_network(text, report);
	add_guarantees(text, report);
	text_add(text, "</body></html>\n");
}
