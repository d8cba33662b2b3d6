/* What programs go by that are told by nobody but Windows: WinINet, the default proxy of .NET Framework and so of Windows
 * PowerShell, WinHTTP where it asks for the user's settings. They are the account's own, in its registry. WinINet writes
 * them: the value that it goes by first has a layout of its own, which nobody describes.
 */
#include "backend/windows/runner.h"

#include <stdio.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/wide.h"

#include <wininet.h>

enum { SERVER_ROOM = 32, AUTOMATIC = PROXY_TYPE_AUTO_PROXY_URL | PROXY_TYPE_AUTO_DETECT };

/* Else names of this host would be looked for directly, where nothing goes. */
static const WCHAR no_bypass[] = L"<-loopback>";

static struct {
	BOOL(WINAPI *set)(HINTERNET, DWORD, LPVOID, DWORD);
	BOOL(WINAPI *query)(HINTERNET, DWORD, LPVOID, LPDWORD);
} wininet;

static bool find_wininet(struct cordon_error *err)
{
	HMODULE library = LoadLibraryExW(L"wininet.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	if (!library)
		return windows_fail(err, GetLastError(), "LoadLibraryEx", "load wininet.dll, for the account's proxy");
	const FARPROC found[] = { GetProcAddress(library, "InternetSetOptionW"),
				  GetProcAddress(library, "InternetQueryOptionW") };
	_Static_assert(sizeof found == sizeof wininet, "a function has no name");
	if (!found[0] || !found[1])
		return cordon_fail(err, CORDON_UNSUPPORTED, "this system's wininet.dll sets no options");
	memcpy(&wininet, found, sizeof wininet);
	return true;
}

/* Then they are nobody's of his own: a policy makes them the machine's, which are the administrator's to change. */
static bool are_the_machines(void)
{
	DWORD is_per_user = 1, size = sizeof is_per_user;
	return RegGetValueW(HKEY_LOCAL_MACHINE,
			    L"Software\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
			    L"ProxySettingsPerUser", RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY, NULL, &is_per_user,
			    &size) == ERROR_SUCCESS &&
	       is_per_user == 0;
}

/* Without a kind before it the server is for every one. Neither a script nor a search for one, which asks the network. */
static bool set_server(WCHAR *server, struct cordon_error *err)
{
	WCHAR bypass[COUNT_OF(no_bypass)];
	wcscpy(bypass, no_bypass);
	INTERNET_PER_CONN_OPTIONW options[] = {
		{ .dwOption = INTERNET_PER_CONN_FLAGS, .Value.dwValue = PROXY_TYPE_DIRECT | PROXY_TYPE_PROXY },
		{ .dwOption = INTERNET_PER_CONN_PROXY_SERVER, .Value.pszValue = server },
		{ .dwOption = INTERNET_PER_CONN_PROXY_BYPASS, .Value.pszValue = bypass },
	};
	INTERNET_PER_CONN_OPTION_LISTW list = { .dwSize = sizeof list,
						.dwOptionCount = COUNT_OF(options),
						.pOptions = options };
	return (wininet.set(NULL, INTERNET_OPTION_PER_CONNECTION_OPTION, &list, sizeof list) &&
		wininet.set(NULL, INTERNET_OPTION_SETTINGS_CHANGED, NULL, 0)) ||
	       windows_fail(err, GetLastError(), "InternetSetOption", "tell the account's programs of the gate");
}

static bool is_text(const WCHAR *text, const WCHAR *wanted)
{
	return text && wcscmp(text, wanted) == 0;
}

/* Wine, for one, says yes and leaves out what is not to be bypassed. */
static bool check_server(const WCHAR *server, struct cordon_error *err)
{
	INTERNET_PER_CONN_OPTIONW options[] = { { .dwOption = INTERNET_PER_CONN_FLAGS },
						{ .dwOption = INTERNET_PER_CONN_PROXY_SERVER },
						{ .dwOption = INTERNET_PER_CONN_PROXY_BYPASS } };
	INTERNET_PER_CONN_OPTION_LISTW list = { .dwSize = sizeof list,
						.dwOptionCount = COUNT_OF(options),
						.pOptions = options };
	DWORD size = sizeof list;
	if (!wininet.query(NULL, INTERNET_OPTION_PER_CONNECTION_OPTION, &list, &size))
		return windows_fail(err, GetLastError(), "InternetQueryOption", "read the account's proxy");
	bool is_proxy = options[0].Value.dwValue & PROXY_TYPE_PROXY && !(options[0].Value.dwValue & AUTOMATIC);
	bool is_server = is_text(options[1].Value.pszValue, server);
	bool is_bypass = is_text(options[2].Value.pszValue, no_bypass);
	GlobalFree(options[1].Value.pszValue);
	GlobalFree(options[2].Value.pszValue);
	return (is_proxy && is_server && is_bypass) ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "InternetSetOption succeeded, and the account's %s is another than was set: a policy of the "
			   "administrator's for proxies may forbid it",
			   !is_proxy    ? "kind of connection"
			   : !is_server ? "proxy server"
					: "list of hosts without a proxy");
}

bool system_proxy_tell(uint32_t port, struct cordon_error *err)
{
	WCHAR server[SERVER_ROOM];
	_snwprintf(server, SERVER_ROOM - 1, L"127.0.0.1:%u", (unsigned)port);
	server[SERVER_ROOM - 1] = 0;
	return are_the_machines() || (find_wininet(err) && set_server(server, err) && check_server(server, err));
}
