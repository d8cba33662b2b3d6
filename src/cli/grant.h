/* cli/grant.h: the options that say what is granted, shared by the commands that need a policy. */
#pragma once

#include "cli/option.h"
#include "cordon/cordon.h"

/* In the struct of values of each such command. */
struct grant {
	const char *policy, *preset, *workspace;
	struct option_list settings;
};

#define GRANT_TEXT(type, member, option_name, word, text) \
	{ \
		.name = option_name, .argument = word, .help = text, .kind = OPTION_TEXT, \
		.place = offsetof(type, grant.member) \
	}
#define GRANT_SETTING(type, option_name, word, text, setting_key, setting_value) \
	{ \
		.name = option_name, .argument = word, .help = text, .kind = OPTION_SETTING, \
		.place = offsetof(type, grant.settings), .key = setting_key, .value = setting_value \
	}

/* Rows of a table whose values are `type`, with a member `grant`. */
#define GRANT_OPTIONS(type) \
	GRANT_TEXT(type, policy, "policy", "FILE", "rules on top of the user's own"), \
		GRANT_TEXT(type, preset, "preset", "NAME", "workspace (default), read-only, strict, open-network"), \
		GRANT_TEXT(type, workspace, "workspace", "DIR", "the folder to work in (default: the current one)"), \
		GRANT_SETTING(type, "read", "PATH", "may be read", "files", "read"), \
		GRANT_SETTING(type, "write", "PATH", "may be written", "files", "write"), \
		GRANT_SETTING(type, "hide", "PATH", "is not there", "files", "none"), \
		GRANT_SETTING(type, "net", "MODE", "off, filtered, open", "network.mode", NULL), \
		GRANT_SETTING(type, "allow", "HOST[:PORT]", "may be reached; makes the network filtered", \
			      "network.allow", NULL), \
		GRANT_SETTING(type, "listen", "PORT", \
			      "of a server inside, for the host's loopback; not if the network is off", \
			      "network.listen", NULL), \
		GRANT_SETTING(type, "memory", "SIZE", "of all processes together: 4GiB", "limits.memory", NULL), \
		GRANT_SETTING(type, "cpus", "NUMBER", "processors at once: 1.5", "limits.cpus", NULL), \
		GRANT_SETTING(type, "cpu-time", "TIME", "processor time of all: 10m", "limits.cpu_time", NULL), \
		GRANT_SETTING(type, "time", "TIME", "from start to end: 30m", "limits.wall_time", NULL), \
		GRANT_SETTING(type, "processes", "NUMBER", "processes and threads at once", "limits.processes", NULL), \
		GRANT_SETTING(type, "open-files", "NUMBER", "open files of each process", "limits.open_files", NULL), \
		GRANT_SETTING(type, "file-size", "SIZE", "of one file", "limits.file_size", NULL), \
		GRANT_SETTING(type, "disk", "SIZE", "bytes written and kept", "limits.disk", NULL), \
		GRANT_SETTING(type, "output", "SIZE", "bytes of output", "limits.output", NULL), \
		GRANT_SETTING(type, "env", "NAME[=VALUE]", "pass a variable on, or set it", "environment", NULL), \
		GRANT_SETTING(type, "accept", "GUARANTEE", "run although it is only partial; NAME=absent: or absent", \
			      "accept", NULL)

void grant_free(struct grant *grant);

/* The policy: preset, the user's file, --policy, flags. The caller frees it. */
CORDON_CHECKED bool grant_load(const struct grant *grant, struct cordon_policy **ret_policy, struct cordon_error *err);
