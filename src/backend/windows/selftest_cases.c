#include "backend/windows/selftest_cases.h"

#include "base/list.h"
#include "base/text.h"
#include "policy/plan_windows.h"

#define ROW(function, ...) { __VA_ARGS__ },

const struct selftest_case selftest_cases[] = { SELFTEST_CASES(ROW) };
const unsigned selftest_case_count = COUNT_OF(selftest_cases);

const char *const selftest_recipes[RECIPE_COUNT] = {
	[RECIPE_OWN] = "own",
	[RECIPE_TOKEN] = "write-restricted, medium",
	[RECIPE_ACCOUNT] = "write-restricted with the user, below medium",
	[RECIPE_BELOW_MEDIUM] = "write-restricted, below medium",
	[RECIPE_UNRESTRICTED] = "not restricted, below medium",
	[RECIPE_FULLY_RESTRICTED] = "restricted in reading too, below medium",
	[RECIPE_PACKAGE] = "package",
};

#define STARTS "starts"
#define SHELL "-NoProfile", "-NonInteractive", "-Command"

const struct selftest_tool selftest_tools[] = {
	{ "cmd", STARTS, { { "/d", "/c", "exit" } }, NULL },
	{ "cmd", "writes a file", { { "/d", "/c", "echo x> made" } }, "made" },
	{ "powershell", STARTS, { { SHELL, "exit" } }, NULL },
	{ "powershell",
	  "writes a file and starts a program",
	  { { SHELL, "Set-Content made x; cmd /d /c exit 7; if ($LASTEXITCODE -ne 7) { exit 1 } else { exit 0 }" } },
	  "made" },
	{ "pwsh", STARTS, { { SHELL, "exit" } }, NULL },
	{ "pwsh",
	  "writes a file and starts a program",
	  { { SHELL, "Set-Content made x; cmd /d /c exit 7; if ($LASTEXITCODE -ne 7) { exit 1 } else { exit 0 }" } },
	  "made" },
	{ "node", STARTS, { { "-e", "0" } }, NULL },
	{ "node",
	  "starts a program with pipes",
	  { { "-e", "const o = require('child_process').execSync('cmd /d /c echo x', { stdio: 'pipe' });"
		    "require('fs').writeFileSync('made', o)" } },
	  "made" },
	{ "git", STARTS, { { "--version" } }, NULL },
	{ "git",
	  "makes a repository and a commit",
	  { { "init", "-q", "made" },
	    { "-C", "made", "-c", "user.name=x", "-c", "user.email=x@example.invalid", "commit", "-q", "--allow-empty",
	      "-m", "x" },
	    { "-C", "made", "status", "--porcelain" } },
	  "made\\.git\\HEAD" },
	{ "git-bash", STARTS, { { "-c", "exit" } }, NULL },
	{ "git-bash", "forks and has a pipe", { { "-c", "echo x | cat > made && ls > /dev/null" } }, "made" },
	{ "python", STARTS, { { "-c", "0" } }, NULL },
	{ "python",
	  "makes a private folder, writes in it and starts a program with pipes",
	  { { "-c", "import os, subprocess, tempfile\n"
		    "d = tempfile.mkdtemp()\n"
		    "open(os.path.join(d, 'x'), 'w').write('x')\n"
		    "subprocess.check_output(['cmd', '/d', '/c', 'echo x'])\n"
		    "open('made', 'w').write('x')\n" } },
	  "made" },
	{ "ninja", STARTS, { { "--version" } }, NULL },
	{ "ninja", "builds an edge", { { "made" } }, "made" },
	{ "msbuild", STARTS, { { "-nologo", "-version" } }, NULL },
	{ "msbuild", "builds a target", { { "-nologo", "-v:q", "x.proj" } }, "made" },
};

const unsigned selftest_tool_count = COUNT_OF(selftest_tools);

_Static_assert(COUNT_OF(selftest_tools) <= TOOLS_MAX, "selftest_tools.c has no room");

char *selftest_case_name(const char *name, int tier)
{
	return tier < 0 ? text_format("%s", name) : text_format("%s: %s", tier_name((enum tier)tier), name);
}

char *selftest_tier_name(int tier)
{
	return selftest_case_name("what it is made of is what was asked for", tier);
}

char *selftest_trial_name(const struct trial_case *trial, int tier)
{
	const char *kinds[] = { [TRIAL_MUST_FAIL] = "is refused",
				[TRIAL_MUST_WORK] = "works",
				[TRIAL_UNSEEN] = "is not seen outside",
				[TRIAL_LEAVES] = "is refused" };
	bool must_work = trial->kind == TRIAL_MUST_WORK;
	return text_format("%s: %s %s%s%s", tier_name((enum tier)tier), trial->name, kinds[trial->kind],
			   must_work ? "" : ": ", must_work ? "" : guarantee_name(trial->guarantee));
}

bool selftest_has_trial(const struct trial_case *trial, int tier)
{
	return trial_is_of(trial, 1u << tier | (tier == TIER_ACCOUNT ? TRIAL_CLOSED : 0));
}

char *selftest_question_name(const char *question)
{
	return text_format("question %s: as it is taken for true", question);
}

char *selftest_tool_name(const struct selftest_tool *tool, enum selftest_recipe recipe)
{
	return text_format("token %s: %s %s", selftest_recipes[recipe], tool->tool, tool->job);
}
