/* Who watches the job: a thread that hears what the job tells, asks it for what it does not tell, and ends it.
 *
 * A job's messages are not certain to arrive, so each is only a reason to look; what counts is what the job answers.
 */
#include "backend/windows/cage.h"
#include "backend/windows/output.h"
#include "base/scope.h"
#include "os/os.h"

enum {
	LOOK_MS = 250,      /* how long a message that was lost delays what it told */
	METER_MS = 50,      /* between two looks at what was used, where that is limited */
	PATIENCE_MS = 2000, /* how long programs may run into the limit of processes before that ends them */
	ENDED_STATUS = 1,
};

struct supervisor {
	struct supervised told;
	HANDLE port, thread;
	HANDLE ready; /* borrowed */
	SRWLOCK lock;
	/* Under the lock */
	struct supervision seen;
	bool is_ending;
	/* The thread's own */
	uint64_t active;
	uint64_t crowded_ms; /* since when; 0: it is not */
	bool was_command_over;
};

/* -- what the job says --------------------------------------------------------------------------------------------- */

static bool ask_accounting(HANDLE job, JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION *ret_counts)
{
	memset(ret_counts, 0, sizeof *ret_counts);
	/* Some systems have the first half alone. */
	return QueryInformationJobObject(job, JobObjectBasicAndIoAccountingInformation, ret_counts, sizeof *ret_counts,
					 NULL) ||
	       QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &ret_counts->BasicInfo,
					 sizeof ret_counts->BasicInfo, NULL);
}

static uint64_t cpu_ms(const JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION *counts)
{
	return (uint64_t)(counts->BasicInfo.TotalUserTime.QuadPart + counts->BasicInfo.TotalKernelTime.QuadPart) /
	       10000;
}

static uint64_t memory_peak(HANDLE job)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
	QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits, NULL);
	return limits.PeakJobMemoryUsed;
}

static void end_job(struct supervisor *supervisor)
{
	AcquireSRWLockExclusive(&supervisor->lock);
	supervisor->is_ending = true;
	ReleaseSRWLockExclusive(&supervisor->lock);
	TerminateJobObject(supervisor->told.job, ENDED_STATUS);
}

void supervisor_exceed(struct supervisor *supervisor, enum limit limit)
{
	AcquireSRWLockExclusive(&supervisor->lock);
	bool is_first = !supervisor->seen.is_over_limit && !supervisor->is_ending;
	if (is_first) {
		supervisor->seen.is_over_limit = true;
		supervisor->seen.limit = limit;
	}
	ReleaseSRWLockExclusive(&supervisor->lock);
	if (!is_first)
		return;
	SetEvent(supervisor->ready);
	end_job(supervisor);
}

/* -- one look ------------------------------------------------------------------------------------------------------ */

static void hear(struct supervisor *supervisor, DWORD message)
{
	switch (message) {
	case JOB_OBJECT_MSG_NEW_PROCESS:
		supervisor->active++;
		AcquireSRWLockExclusive(&supervisor->lock);
		if (supervisor->seen.usage.processes_peak < supervisor->active)
			supervisor->seen.usage.processes_peak = supervisor->active;
		ReleaseSRWLockExclusive(&supervisor->lock);
		break;
	case JOB_OBJECT_MSG_EXIT_PROCESS:
	case JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS:
		supervisor->active -= supervisor->active > 0;
		break;
	case JOB_OBJECT_MSG_JOB_MEMORY_LIMIT:
		supervisor_exceed(supervisor, LIMIT_MEMORY);
		break;
	case JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT:
		/* A program hears that it may not start another; one that goes on and on trying is ended. */
		if (supervisor->crowded_ms == 0)
			supervisor->crowded_ms = os_clock();
		else if (os_clock() - supervisor->crowded_ms >= PATIENCE_MS)
			supervisor_exceed(supervisor, LIMIT_PROCESSES);
		break;
	default:
		break;
	}
}

/* Where a program has ended since, the limit is not what it runs into. */
static void check_crowd(struct supervisor *supervisor, const JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION *counts)
{
	if (supervisor->crowded_ms &&
	    counts->BasicInfo.ActiveProcesses < supervisor->told.limits[LIMIT_PROCESSES].value)
		supervisor->crowded_ms = 0;
}

static void check_limits(struct supervisor *supervisor, const JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION *counts)
{
	const struct limit_setting *limits = supervisor->told.limits;
	if (limits[LIMIT_CPU_TIME].is_set && cpu_ms(counts) > limits[LIMIT_CPU_TIME].value)
		supervisor_exceed(supervisor, LIMIT_CPU_TIME);
	if (limits[LIMIT_DISK].is_set && counts->IoInfo.WriteTransferCount > limits[LIMIT_DISK].value)
		supervisor_exceed(supervisor, LIMIT_DISK);
}

/* The command's own end, once; what it leaves running goes with it unless that is to be waited for. */
static void check_command(struct supervisor *supervisor)
{
	DWORD status = 0;
	if (supervisor->was_command_over || WaitForSingleObject(supervisor->told.process, 0) != WAIT_OBJECT_0)
		return;
	supervisor->was_command_over = true;
	GetExitCodeProcess(supervisor->told.process, &status);
	AcquireSRWLockExclusive(&supervisor->lock);
	supervisor->seen.status = status;
	supervisor->seen.was_ended = supervisor->is_ending;
	ReleaseSRWLockExclusive(&supervisor->lock);
	if (!supervisor->told.keep_background)
		TerminateJobObject(supervisor->told.job, ENDED_STATUS);
}

static bool look(struct supervisor *supervisor)
{
	JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION counts;
	check_command(supervisor);
	if (!ask_accounting(supervisor->told.job, &counts))
		return false;
	check_crowd(supervisor, &counts);
	check_limits(supervisor, &counts);
	bool is_empty = supervisor->was_command_over && counts.BasicInfo.ActiveProcesses == 0;
	AcquireSRWLockExclusive(&supervisor->lock);
	if (is_empty && supervisor->is_ending && supervisor->told.output)
		output_hurry(supervisor->told.output);
	supervisor->seen.usage.cpu_ms = cpu_ms(&counts);
	supervisor->seen.usage.memory_peak = memory_peak(supervisor->told.job);
	supervisor->seen.usage.is_memory_whole = true;
	supervisor->seen.usage.has_processes = true;
	supervisor->seen.usage.has_disk = supervisor->told.limits[LIMIT_DISK].is_set;
	supervisor->seen.usage.disk_bytes = supervisor->seen.usage.has_disk ? counts.IoInfo.WriteTransferCount : 0;
	if (supervisor->told.output) {
		supervisor->seen.usage.has_output = true;
		supervisor->seen.usage.output_bytes = counter_passed(output_counter(supervisor->told.output));
	}
	supervisor->seen.is_over = is_empty && (!supervisor->told.output || output_is_over(supervisor->told.output));
	bool is_over = supervisor->seen.is_over;
	ReleaseSRWLockExclusive(&supervisor->lock);
	return is_over;
}

static DWORD WINAPI watch(void *context)
{
	struct supervisor *supervisor = context;
	const struct limit_setting *limits = supervisor->told.limits;
	DWORD pause = limits[LIMIT_CPU_TIME].is_set || limits[LIMIT_DISK].is_set ? METER_MS : LOOK_MS;
	do {
		DWORD message = 0;
		ULONG_PTR key;
		LPOVERLAPPED about;
		/* What the job told so far, then one look at it. */
		for (DWORD timeout = pause;
		     GetQueuedCompletionStatus(supervisor->port, &message, &key, &about, timeout); timeout = 0)
			hear(supervisor, message);
	} while (!look(supervisor));
	SetEvent(supervisor->ready);
	return 0;
}

/* -- for the others ------------------------------------------------------------------------------------------------ */

bool supervisor_new(HANDLE job, HANDLE ready, struct supervisor **ret_supervisor, struct cordon_error *err)
{
	CORDON_ON_EXIT(supervisor_free_at) struct supervisor *supervisor = calloc(1, sizeof *supervisor);
	if (!supervisor)
		return cordon_fail_memory(err);
	InitializeSRWLock(&supervisor->lock);
	supervisor->told.job = job;
	supervisor->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	supervisor->ready = ready;
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT tells = { NULL, supervisor->port };
	if (!supervisor->port ||
	    !SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &tells, sizeof tells))
		return windows_fail(err, GetLastError(), "CreateIoCompletionPort or SetInformationJobObject",
				    "have the job tell what happens in it");
	*ret_supervisor = cordon_take(&supervisor);
	return true;
}

bool supervisor_start(struct supervisor *supervisor, const struct supervised *supervised, struct cordon_error *err)
{
	supervisor->told = *supervised;
	supervisor->thread = CreateThread(NULL, 0, watch, supervisor, 0, NULL);
	return supervisor->thread || windows_fail(err, GetLastError(), "CreateThread", "start the supervisor");
}

struct supervision supervisor_look(struct supervisor *supervisor)
{
	AcquireSRWLockShared(&supervisor->lock);
	struct supervision seen = supervisor->seen;
	/* What is still to come sets it again. */
	if (!seen.is_over)
		ResetEvent(supervisor->ready);
	ReleaseSRWLockShared(&supervisor->lock);
	return seen;
}

void supervisor_end(struct supervisor *supervisor)
{
	end_job(supervisor);
}

/* A message of no kind that a job has. */
void supervisor_wake(struct supervisor *supervisor)
{
	PostQueuedCompletionStatus(supervisor->port, 0, 0, NULL);
}

/* The job is empty by now, or ends here: the thread does not outlive it. */
void supervisor_join(struct supervisor *supervisor)
{
	if (!supervisor || !supervisor->thread)
		return;
	end_job(supervisor);
	supervisor_wake(supervisor);
	WaitForSingleObject(supervisor->thread, INFINITE);
	close_handle(&supervisor->thread);
	supervisor->thread = NULL;
}

struct supervisor *supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return NULL;
	supervisor_join(supervisor);
	close_handle(&supervisor->port);
	free(supervisor);
	return NULL;
}

void supervisor_free_at(struct supervisor **supervisor)
{
	supervisor_free(*supervisor);
}
