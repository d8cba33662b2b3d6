/* Which tools the user has that run what a project tells them to. */
#include <stdlib.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

/* Where each keeps its own things: the first place that is there tells. */
enum base { HOME, ROAMING, LOCAL };

static const struct {
	const char *tool;
	struct {
		enum base base;
		const char *name;
	} places[6];
} tools[] = {
	{ "vscode",
	  { { HOME, ".vscode" },
	    { HOME, ".vscode-server" },
	    { ROAMING, "Code" },
	    { ROAMING, "VSCodium" },
	    { HOME, ".vscode-oss" } } },
	{ "idea", { { ROAMING, "JetBrains" }, { LOCAL, "JetBrains" } } },
	{ "claude", { { HOME, ".claude" }, { HOME, ".claude.json" }, { ROAMING, "Claude" } } },
	{ "codex", { { HOME, ".codex" } } },
	{ "agents",
	  { { HOME, ".agents" },
	    { HOME, ".codex" },
	    { HOME, ".claude" },
	    { HOME, ".config\\opencode" },
	    { HOME, ".gemini" } } },
	{ "cursor", { { HOME, ".cursor" }, { HOME, ".cursor-server" }, { ROAMING, "Cursor" } } },
	{ "gemini", { { HOME, ".gemini" } } },
	{ "opencode", { { HOME, ".config\\opencode" }, { HOME, ".local\\share\\opencode" }, { HOME, ".opencode" } } },
	{ "windsurf", { { HOME, ".windsurf" }, { HOME, ".codeium\\windsurf" }, { ROAMING, "Windsurf" } } },
	{ "kiro", { { HOME, ".kiro" }, { ROAMING, "Kiro" } } },
	{ "zed", { { ROAMING, "Zed" }, { LOCAL, "Zed" } } },
};

static const char *folder_of(const struct facts *facts, enum base base)
{
	const struct variable *config = facts_find_variable(facts, "config", strlen("config"));
	const struct variable *cache = facts_find_variable(facts, "cache", strlen("cache"));
	const struct variable *folder = base == ROAMING ? config : base == LOCAL ? cache : NULL;
	return base == HOME ? facts->home : folder && folder->count > 0 ? folder->values[0] : NULL;
}

bool os_survey_tools(struct facts *facts, struct cordon_error *err)
{
	for (size_t i = 0; i < COUNT_OF(tools); i++) {
		for (size_t j = 0; j < COUNT_OF(tools[i].places) && tools[i].places[j].name; j++) {
			const char *folder = folder_of(facts, tools[i].places[j].base);
			CORDON_ON_EXIT(free_text)
			char *path = text_format("%s\\%s", folder ? folder : facts->home, tools[i].places[j].name);
			if (!path)
				return cordon_fail_memory(err);
			if (!folder || !os_exists(path))
				continue;
			const char **added = LIST_ADD(&facts->tools);
			if (!added)
				return cordon_fail_memory(err);
			*added = tools[i].tool;
			break;
		}
	}
	return true;
}
