#include <string.h>

#include "backend/windows/cage.h"
#include "base/scope.h"

/* The kernel counts pages, and would tell another number than it was given. */
enum { MEMORY_UNIT = 64 * 1024 };

static bool set_limits(HANDLE job, const JOBOBJECT_EXTENDED_LIMIT_INFORMATION *wanted, const char **ret_missing,
		       struct cordon_error *err)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = *wanted;
	if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
		return windows_fail(err, GetLastError(), "SetInformationJobObject", "set the job's limits");
	memset(&limits, 0, sizeof limits);
	if (!QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits, NULL))
		return windows_fail(err, GetLastError(), "QueryInformationJobObject", "read the job's limits back");
	if (limits.JobMemoryLimit != wanted->JobMemoryLimit)
		*ret_missing = "the job's limit of memory";
	else if (limits.BasicLimitInformation.ActiveProcessLimit != wanted->BasicLimitInformation.ActiveProcessLimit)
		*ret_missing = "the job's limit of processes";
	else if (limits.BasicLimitInformation.LimitFlags != wanted->BasicLimitInformation.LimitFlags)
		*ret_missing = "the job's ending with its last handle";
	return true;
}

/* Fair share scheduling refuses it (RDS hosts). */
static void set_rate(HANDLE job, uint32_t rate, const char **ret_missing)
{
	const DWORD flags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
	JOBOBJECT_CPU_RATE_CONTROL_INFORMATION control = { .ControlFlags = flags, .CpuRate = rate };
	bool is_set = SetInformationJobObject(job, JobObjectCpuRateControlInformation, &control, sizeof control);
	memset(&control, 0, sizeof control);
	is_set = is_set &&
		 QueryInformationJobObject(job, JobObjectCpuRateControlInformation, &control, sizeof control, NULL) &&
		 control.ControlFlags == flags && control.CpuRate == rate;
	if (!is_set && !*ret_missing)
		*ret_missing = "the job's processor rate";
}

bool job_make(const struct windows_job *limits, HANDLE *ret_job, const char **ret_missing, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE job = CreateJobObjectW(NULL, NULL);
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION wanted = { 0 };
	DWORD *flags = &wanted.BasicLimitInformation.LimitFlags;
	*ret_missing = NULL;
	if (!job)
		return windows_fail(err, GetLastError(), "CreateJobObject", "make a job");
	/* No limits of the user interface: a job with them can be nested in no other. */
	*flags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	if (limits->memory) {
		*flags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
		wanted.JobMemoryLimit = limits->memory - limits->memory % MEMORY_UNIT;
	}
	if (limits->processes) {
		*flags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
		wanted.BasicLimitInformation.ActiveProcessLimit = limits->processes < MAXDWORD
									  ? (DWORD)limits->processes
									  : MAXDWORD;
	}
	if (!set_limits(job, &wanted, ret_missing, err))
		return false;
	if (limits->cpu_rate)
		set_rate(job, limits->cpu_rate, ret_missing);
	*ret_job = cordon_take(&job);
	return true;
}

bool job_await(HANDLE job, DWORD timeout_ms, struct cordon_error *err)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts;
	uint64_t deadline = GetTickCount64() + timeout_ms;
	for (;;) {
		if (!QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &counts, sizeof counts, NULL))
			return windows_fail(err, GetLastError(), "QueryInformationJobObject",
					    "count the job's processes");
		if (counts.ActiveProcesses == 0)
			return true;
		if (GetTickCount64() >= deadline)
			return cordon_fail(err, CORDON_OS_FAILED, "%lu processes of the job do not end",
					   counts.ActiveProcesses);
		Sleep(1);
	}
}

bool job_end(HANDLE job, DWORD timeout_ms, struct cordon_error *err)
{
	if (!TerminateJobObject(job, 1))
		return windows_fail(err, GetLastError(), "TerminateJobObject", "end the job");
	return job_await(job, timeout_ms, err);
}
