/* Which tools the user has that run what a project tells them to. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/os.h"

/* Where each keeps its own things, below home: the first place that is there tells. */
static const struct {
	const char *tool;
	const char *places[6];
} tools[] = {
	{ "vscode", { ".vscode", ".vscode-server", ".config/Code", ".config/VSCodium", ".vscode-oss" } },
	{ "idea", { ".config/JetBrains", ".cache/JetBrains", ".local/share/JetBrains" } },
	{ "claude", { ".claude", ".claude.json", ".config/claude" } },
	{ "codex", { ".codex" } },
	{ "agents", { ".agents", ".codex", ".claude", ".config/opencode", ".gemini" } },
	{ "cursor", { ".cursor", ".cursor-server", ".config/Cursor" } },
	{ "gemini", { ".gemini" } },
	{ "opencode", { ".config/opencode", ".local/share/opencode", ".opencode" } },
	{ "windsurf", { ".windsurf", ".codeium/windsurf", ".config/Windsurf" } },
	{ "kiro", { ".kiro", ".config/Kiro" } },
	{ "zed", { ".config/zed", ".local/share/zed" } },
};

bool os_survey_tools(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	text_add(&path, facts->home);
	text_add_char(&path, '/');
	size_t home = path.length;
	for (size_t i = 0; i < COUNT_OF(tools); i++) {
		for (const char *const *place = tools[i].places; *place; place++) {
			path.length = home;
			text_add(&path, *place);
			if (!text_ok(&path))
				return cordon_fail_memory(err);
			if (faccessat(AT_FDCWD, text_str(&path), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
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
