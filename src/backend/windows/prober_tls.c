/* A TLS handshake by Windows' own means (Schannel), over a pipe: the canary is the server, the prober the client. What
 * both rest on is a service's, the profile's and the registry's, which a token may be too narrow for.
 */
#define SECURITY_WIN32
#include "backend/windows/prober_acts.h"

#include <schannel.h>
#include <sddl.h>
#include <security.h>

#include <stdio.h>
#include <string.h>

enum { TOKENS_ROOM = 32 * 1024, STEPS_MAX = 64, KEY_BITS = 2048, MEET_MS = 10000, POLL_MS = 20 };

struct end {
	HANDLE pipe;
	bool is_server, has_context;
	CredHandle credential;
	CtxtHandle context;
	BYTE bytes[TOKENS_ROOM]; /* received and not yet used */
	DWORD length;
};

/* -- both ends ----------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS send_token(struct end *end, SecBuffer *token)
{
	DWORD count;
	BOOL is_sent = TRUE;
	if (token->pvBuffer && token->cbBuffer > 0)
		is_sent = WriteFile(end->pipe, token->pvBuffer, token->cbBuffer, &count, NULL) &&
			  count == token->cbBuffer;
	if (token->pvBuffer)
		FreeContextBuffer(token->pvBuffer);
	return is_sent ? SEC_E_OK : (SECURITY_STATUS)HRESULT_FROM_WIN32(outcome(FALSE));
}

/* With what was received; what of it was for later stays. */
static SECURITY_STATUS step(struct end *end)
{
	SecBuffer in[2] = { { end->length, SECBUFFER_TOKEN, end->bytes }, { 0, SECBUFFER_EMPTY, NULL } };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc ins = { SECBUFFER_VERSION, 2, in }, outs = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *context = end->has_context ? &end->context : NULL;
	DWORD attributes;
	SECURITY_STATUS status;
	if (end->is_server)
		status = AcceptSecurityContext(&end->credential, context, &ins,
					       ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_CONFIDENTIALITY, 0,
					       &end->context, &outs, &attributes, NULL);
	else
		status = InitializeSecurityContextW(&end->credential, context, (SEC_WCHAR *)(uintptr_t)L"cordon",
						    ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_CONFIDENTIALITY |
							    ISC_REQ_MANUAL_CRED_VALIDATION,
						    0, 0, end->length ? &ins : NULL, 0, &end->context, &outs,
						    &attributes, NULL);
	if (status == SEC_E_INCOMPLETE_MESSAGE)
		return status;
	end->has_context |= status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
	DWORD later = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
	memmove(end->bytes, end->bytes + end->length - later, later);
	end->length = later;
	SECURITY_STATUS sent = send_token(end, &out);
	return sent == SEC_E_OK ? status : sent;
}

static SECURITY_STATUS receive(struct end *end)
{
	DWORD count = 0;
	if (!ReadFile(end->pipe, end->bytes + end->length, TOKENS_ROOM - end->length, &count, NULL) || count == 0)
		return (SECURITY_STATUS)HRESULT_FROM_WIN32(outcome(FALSE));
	end->length += count;
	return SEC_E_OK;
}

/* SEC_E_OK: each knows that the other has the key. */
static SECURITY_STATUS shake_hands(struct end *end)
{
	SECURITY_STATUS status = end->is_server ? receive(end) : SEC_E_OK;
	for (int i = 0; i < STEPS_MAX && status == SEC_E_OK; i++) {
		status = step(end);
		if (status == SEC_E_OK)
			return status;
		bool lacks = status == SEC_E_INCOMPLETE_MESSAGE ||
			     (status == SEC_I_CONTINUE_NEEDED && end->length == 0);
		if (lacks)
			status = receive(end);
		else if (status == SEC_I_CONTINUE_NEEDED)
			status = SEC_E_OK;
	}
	return status == SEC_E_OK ? SEC_E_INTERNAL_ERROR : status;
}

static SECURITY_STATUS open_end(struct end *end, PCCERT_CONTEXT certificate)
{
	SCHANNEL_CRED wanted = { .dwVersion = SCHANNEL_CRED_VERSION,
				 .cCreds = certificate ? 1 : 0,
				 .paCred = &certificate,
				 .dwFlags = SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_MANUAL_CRED_VALIDATION };
	if (certificate)
		wanted.dwFlags = SCH_CRED_NO_SYSTEM_MAPPER;
	return AcquireCredentialsHandleW(NULL, (SEC_WCHAR *)(uintptr_t)UNISP_NAME_W,
					 certificate ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, &wanted, NULL,
					 NULL, &end->credential, NULL);
}

/* The credential is closed. */
static SECURITY_STATUS run_end(struct end *end)
{
	SECURITY_STATUS status = shake_hands(end);
	if (end->has_context)
		DeleteSecurityContext(&end->context);
	FreeCredentialsHandle(&end->credential);
	return status;
}

/* -- the server ---------------------------------------------------------------------------------------------------- */

/* Its key has the probe's name, by which it is removed (staging.c). NULL: none can be made here. */
static PCCERT_CONTEXT make_certificate(WCHAR *name)
{
	BYTE subject[64];
	DWORD size = sizeof subject;
	HCRYPTPROV provider = 0;
	HCRYPTKEY secret = 0;
	CERT_NAME_BLOB blob = { 0, subject };
	CRYPT_KEY_PROV_INFO about = { .pwszContainerName = name,
				      .pwszProvName = (WCHAR *)(uintptr_t)MS_ENH_RSA_AES_PROV_W,
				      .dwProvType = PROV_RSA_AES,
				      .dwKeySpec = AT_KEYEXCHANGE };
	CRYPT_ALGORITHM_IDENTIFIER algorithm = { .pszObjId = (char *)(uintptr_t)szOID_RSA_SHA256RSA };
	PCCERT_CONTEXT made = NULL;
	if (!CertStrToNameW(X509_ASN_ENCODING, L"CN=cordon", CERT_X500_NAME_STR, NULL, subject, &size, NULL) ||
	    !CryptAcquireContextW(&provider, name, MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES, CRYPT_NEWKEYSET))
		return NULL;
	blob.cbData = size;
	if (CryptGenKey(provider, AT_KEYEXCHANGE, (DWORD)KEY_BITS << 16, &secret)) {
		made = CertCreateSelfSignCertificate(provider, &blob, 0, &about, &algorithm, NULL, NULL, NULL);
		CryptDestroyKey(secret);
	}
	CryptReleaseContext(provider, 0);
	return made;
}

/* For whoever is confined, in whatever tier. */
static HANDLE make_pipe(const WCHAR *name)
{
	WCHAR path[PATH_ROOM];
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
		    L"D:P(A;;GA;;;OW)(A;;GA;;;WD)(A;;GA;;;AC)S:(ML;;NW;;;LW)", SDDL_REVISION_1,
		    &attributes.lpSecurityDescriptor, NULL))
		return INVALID_HANDLE_VALUE;
	_snwprintf(path, PATH_ROOM - 1, L"\\\\.\\pipe\\%ls-tls", name);
	HANDLE made = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
				       PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, TOKENS_ROOM, TOKENS_ROOM, 0,
				       &attributes);
	LocalFree(attributes.lpSecurityDescriptor);
	return made;
}

/* Says first whether there is a certificate at all. */
static void serve_one(HANDLE pipe, PCCERT_CONTEXT certificate)
{
	static struct end end;
	DWORD count;
	memset(&end, 0, sizeof end);
	end.pipe = pipe;
	end.is_server = true;
	bool can = certificate && open_end(&end, certificate) == SEC_E_OK;
	if (WriteFile(pipe, can ? "y" : "n", 1, &count, NULL) && can)
		run_end(&end);
	else if (can)
		FreeCredentialsHandle(&end.credential);
	FlushFileBuffers(pipe);
	DisconnectNamedPipe(pipe);
}

DWORD WINAPI tls_serve(void *name)
{
	HANDLE pipe = make_pipe(name);
	PCCERT_CONTEXT certificate = pipe == INVALID_HANDLE_VALUE ? NULL : make_certificate(name);
	while (pipe != INVALID_HANDLE_VALUE && (ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED))
		serve_one(pipe, certificate);
	return 0;
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

static HANDLE meet_server(void)
{
	WCHAR path[PATH_ROOM];
	HANDLE pipe = INVALID_HANDLE_VALUE;
	_snwprintf(path, PATH_ROOM - 1, L"%ls-tls", given.pipe);
	for (DWORD waited = 0; waited < MEET_MS; waited += POLL_MS) {
		pipe = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
			break;
		Sleep(POLL_MS);
	}
	return pipe;
}

DWORD tls_connect(void)
{
	static struct end end;
	char answer = 0;
	DWORD count;
	end.pipe = meet_server();
	if (end.pipe == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(ReadFile(end.pipe, &answer, 1, &count, NULL) && count == 1);
	if (code == 0 && answer != 'y')
		code = ERROR_NOT_FOUND;
	if (code == 0)
		code = (DWORD)open_end(&end, NULL);
	if (code == 0)
		code = (DWORD)run_end(&end);
	CloseHandle(end.pipe);
	return code;
}
