/* In a file of its own: the headers of WinHTTP and WinINet cannot be had together. */
#include "backend/windows/selftest.h"

#include "base/scope.h"

#include <winhttp.h>

#ifndef WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY
#define WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY 4
#endif

enum { HTTP_PORT = 80 };

static void close_internet(HINTERNET *handle)
{
	if (*handle)
		WinHttpCloseHandle(*handle);
}

/* HOST: the status of the answer, or the error that is in its place. */
int ask_by_winhttp(char **words)
{
	WCHAR host[200];
	DWORD status = 0, size = sizeof status;
	_snwprintf(host, 199, L"%hs", words[0]);
	host[199] = 0;
	CORDON_ON_EXIT(close_internet)
	HINTERNET session = WinHttpOpen(L"cordon-selftest", WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY, WINHTTP_NO_PROXY_NAME,
					WINHTTP_NO_PROXY_BYPASS, 0);
	CORDON_ON_EXIT(close_internet)
	HINTERNET connection = session ? WinHttpConnect(session, host, HTTP_PORT, 0) : NULL;
	CORDON_ON_EXIT(close_internet)
	HINTERNET request = connection ? WinHttpOpenRequest(connection, L"GET", L"/", NULL, WINHTTP_NO_REFERER,
							    WINHTTP_DEFAULT_ACCEPT_TYPES, 0)
				       : NULL;
	if (!request || !WinHttpSendRequest(request, WINHTTP_NO_ADDITIONAL_HEADERS, 0, NULL, 0, 0, 0) ||
	    !WinHttpReceiveResponse(request, NULL) ||
	    !WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
				 WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX))
		return (int)GetLastError();
	return (int)status;
}
