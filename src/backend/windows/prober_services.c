/* The prober's acts by services, which act for who asks: COM, the task scheduler, WMI, BITS. */
#define COBJMACROS
#include "backend/windows/prober_acts.h"

#include <bits.h>
#include <taskschd.h>
#include <wbemcli.h>

#include <stdio.h>

static const GUID id_shell_windows = { 0x9ba05972, 0xf6a8, 0x11cf, { 0xa4, 0x42, 0, 0xa0, 0xc9, 0x0a, 0x8f, 0x39 } };
static const GUID id_help_pane = { 0x8cec58ae, 0x07a1, 0x11d9, { 0xb1, 0x5e, 0, 0x0d, 0x56, 0xbf, 0xe6, 0xee } };
static const GUID id_wsl = { 0xa9b7a1b9, 0x0671, 0x405c, { 0x95, 0xf1, 0xe0, 0x61, 0x2c, 0xb4, 0xce, 0x7e } };
static const GUID id_old_wsl = { 0x4f476546, 0xb412, 0x4579, { 0xb6, 0x4c, 0x12, 0x3d, 0xf3, 0x31, 0xe3, 0xd6 } };
static const GUID id_bits = { 0x4991d34b, 0x80a1, 0x4291, { 0x83, 0xb6, 0x33, 0x28, 0x36, 0x6b, 0x90, 0x97 } };
static const GUID id_bits_manager = { 0x5ce34c0d, 0x0dc9, 0x4c1f, { 0x89, 0x7c, 0xda, 0xa1, 0xb7, 0x8c, 0xee, 0x7c } };
static const GUID id_scheduler = { 0x0f87369f, 0xa4e5, 0x4cfc, { 0xbd, 0x3e, 0x73, 0xe6, 0x15, 0x45, 0x72, 0xdd } };
static const GUID id_task_service = { 0x2faba4c7, 0x4da9, 0x4013, { 0x96, 0x97, 0x20, 0xcc, 0x3f, 0xd4, 0x0f, 0x85 } };
static const GUID id_locator = { 0x4590f811, 0x1d3a, 0x11d0, { 0x89, 0x1f, 0, 0xaa, 0, 0x4b, 0x2e, 0x24 } };
static const GUID id_wbem_locator = { 0xdc12a687, 0x737f, 0x11cf, { 0x88, 0x4d, 0, 0xaa, 0, 0x4b, 0x2e, 0x24 } };

static DWORD make_object(const GUID *class, DWORD where, const GUID *kind, void *ret_object)
{
	HRESULT result = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	if (SUCCEEDED(result))
		result = CoCreateInstance(class, NULL, where, kind, ret_object);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

static DWORD reach_class(const GUID *class)
{
	IUnknown *object;
	DWORD code = make_object(class, CLSCTX_LOCAL_SERVER, &IID_IUnknown, &object);
	if (code == 0)
		IUnknown_Release(object);
	return code;
}

/* The service that starts distributions; the second is that of older Windows. */
static DWORD start_wsl(void)
{
	DWORD code = reach_class(&id_wsl);
	return code == (DWORD)REGDB_E_CLASSNOTREG ? reach_class(&id_old_wsl) : code;
}

/* One service for which any of the rights is had. */
static DWORD open_services(SC_HANDLE manager, DWORD access)
{
	static union {
		ENUM_SERVICE_STATUSW services[1];
		BYTE bytes[256 * 1024];
	} all;
	DWORD needed, count = 0, next = 0;
	DWORD code = outcome(EnumServicesStatusW(manager, SERVICE_WIN32, SERVICE_STATE_ALL, all.services, sizeof all,
						 &needed, &count, &next));
	if (code != 0 && code != ERROR_MORE_DATA)
		return code;
	code = ERROR_NOT_FOUND;
	for (DWORD i = 0; i < count && code != 0; i++) {
		SC_HANDLE service = OpenServiceW(manager, all.services[i].lpServiceName, access);
		code = outcome(service != NULL);
		if (service)
			CloseServiceHandle(service);
	}
	return code;
}

static DWORD open_any_service(DWORD access)
{
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
	if (!manager)
		return outcome(FALSE);
	DWORD code = open_services(manager, access);
	CloseServiceHandle(manager);
	return code;
}

/* Any that would let itself be started; none is. */
ACT(start_service, open_any_service(SERVICE_START))

/* What would be enough to have a program of one's own for a service; nothing is done with it. */
static DWORD change_service(void)
{
	static const DWORD accesses[] = { SERVICE_CHANGE_CONFIG, WRITE_DAC, WRITE_OWNER };
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
	DWORD code = outcome(manager != NULL);
	if (manager)
		CloseServiceHandle(manager);
	for (size_t i = 0; code != 0 && i < sizeof accesses / sizeof *accesses; i++)
		code = open_any_service(accesses[i]);
	return code;
}

static DWORD download(void)
{
	IBackgroundCopyManager *manager;
	IBackgroundCopyJob *job;
	GUID id;
	DWORD code = make_object(&id_bits, CLSCTX_LOCAL_SERVER, &id_bits_manager, &manager);
	if (code != 0)
		return code;
	HRESULT result = IBackgroundCopyManager_CreateJob(manager, given.own, BG_JOB_TYPE_DOWNLOAD, &id, &job);
	if (SUCCEEDED(result)) {
		IBackgroundCopyJob_Cancel(job);
		IBackgroundCopyJob_Release(job);
	}
	IBackgroundCopyManager_Release(manager);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

static HRESULT register_in(ITaskFolder *root)
{
	static const WCHAR text[] =
		L"<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
		L"<Actions><Exec><Command>cmd.exe</Command><Arguments>/c exit</Arguments></Exec></Actions></Task>";
	const VARIANT none = { .vt = VT_EMPTY };
	IRegisteredTask *task = NULL;
	BSTR name = SysAllocString(given.own), xml = SysAllocString(text);
	HRESULT result = ITaskFolder_RegisterTask(root, name, xml, TASK_CREATE, none, none,
						  TASK_LOGON_INTERACTIVE_TOKEN, none, &task);
	if (SUCCEEDED(result)) {
		IRegisteredTask_Release(task);
		ITaskFolder_DeleteTask(root, name, 0);
	}
	SysFreeString(name);
	SysFreeString(xml);
	return result;
}

static DWORD register_task(void)
{
	const VARIANT none = { .vt = VT_EMPTY };
	ITaskService *service;
	ITaskFolder *root;
	DWORD code = make_object(&id_scheduler, CLSCTX_INPROC_SERVER, &id_task_service, &service);
	if (code != 0)
		return code;
	BSTR path = SysAllocString(L"\\");
	HRESULT result = ITaskService_Connect(service, none, none, none, none);
	if (SUCCEEDED(result))
		result = ITaskService_GetFolder(service, path, &root);
	if (SUCCEEDED(result)) {
		result = register_in(root);
		ITaskFolder_Release(root);
	}
	SysFreeString(path);
	ITaskService_Release(service);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

enum { STARTED_MS = 3000, POLL_MS = 20 };

/* The prober's own name, that who is left behind is found by, and a file that he makes. */
static BSTR line_by(const WCHAR *file)
{
	WCHAR program[PATH_ROOM], line[3 * PATH_ROOM];
	GetModuleFileNameW(NULL, program, PATH_ROOM);
	_snwprintf(line, 3 * PATH_ROOM - 1, L"\"%ls\" by \"%ls\"", program, in_folder(file));
	line[3 * PATH_ROOM - 1] = 0;
	return SysAllocString(line);
}

/* It was started where its file is there. */
static HRESULT was_started(const WCHAR *file)
{
	for (DWORD waited = 0; waited < STARTED_MS; waited += POLL_MS) {
		if (GetFileAttributesW(in_folder(file)) != INVALID_FILE_ATTRIBUTES)
			return S_OK;
		Sleep(POLL_MS);
	}
	return E_FAIL;
}

/* The class's method Create. */
static HRESULT create_by(IWbemServices *services)
{
	IWbemClassObject *class = NULL, *takes = NULL, *values = NULL, *answer = NULL;
	BSTR class_name = SysAllocString(L"Win32_Process"), method = SysAllocString(L"Create");
	VARIANT line = { .vt = VT_BSTR }, status = { .vt = VT_EMPTY }, id = { .vt = VT_EMPTY };
	line.bstrVal = line_by(L"root\\by-wmi");
	HRESULT result = IWbemServices_GetObject(services, class_name, 0, NULL, &class, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_GetMethod(class, method, 0, &takes, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_SpawnInstance(takes, 0, &values);
	if (SUCCEEDED(result))
		result = IWbemClassObject_Put(values, L"CommandLine", 0, &line, 0);
	if (SUCCEEDED(result))
		result = IWbemServices_ExecMethod(services, class_name, method, 0, NULL, values, &answer, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_Get(answer, L"ReturnValue", 0, &status, NULL, NULL);
	/* 2 and 3 of the method's own: access denied, insufficient privilege. */
	if (SUCCEEDED(result) && status.vt == VT_I4 && status.lVal != 0)
		result = status.lVal == 2 || status.lVal == 3 ? E_ACCESSDENIED : E_FAIL;
	if (SUCCEEDED(result))
		result = IWbemClassObject_Get(answer, L"ProcessId", 0, &id, NULL, NULL);
	if (SUCCEEDED(result))
		result = id.vt == VT_I4 && id.lVal != 0 ? was_started(L"root\\by-wmi") : E_FAIL;
	if (answer)
		IWbemClassObject_Release(answer);
	if (values)
		IWbemClassObject_Release(values);
	if (takes)
		IWbemClassObject_Release(takes);
	if (class)
		IWbemClassObject_Release(class);
	VariantClear(&line);
	SysFreeString(class_name);
	SysFreeString(method);
	return result;
}

static DWORD start_by_wmi(void)
{
	IWbemLocator *locator;
	IWbemServices *services;
	DWORD code = make_object(&id_locator, CLSCTX_INPROC_SERVER, &id_wbem_locator, &locator);
	if (code != 0)
		return code;
	BSTR space = SysAllocString(L"ROOT\\CIMV2");
	HRESULT result = IWbemLocator_ConnectServer(locator, space, NULL, NULL, NULL, 0, NULL, NULL, &services);
	if (SUCCEEDED(result)) {
		/* WMI acts as who asks only where it may. */
		CoSetProxyBlanket((IUnknown *)services, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
				  RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE);
		result = create_by(services);
		IWbemServices_Release(services);
	}
	SysFreeString(space);
	IWbemLocator_Release(locator);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

ACT(reach_shell, reach_class(&id_shell_windows))
/* One whose server is the logged-on user's, whoever asks. */
ACT(reach_session, reach_class(&id_help_pane))

const struct act acts_by_services[] = {
	{ "download", download },           { "reach-shell", reach_shell },     { "reach-session", reach_session },
	{ "start-wsl", start_wsl },         { "start-service", start_service }, { "change-service", change_service },
	{ "register-task", register_task }, { "start-by-wmi", start_by_wmi },   { 0 },
};
