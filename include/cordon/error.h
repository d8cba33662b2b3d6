/* cordon/error.h: how every function of libcordon says what went wrong.
 *
 * A flat value: no heap, no handle, safe to copy, to keep and to write through a pipe. The caller owns it. Start
 * it with CORDON_ERROR_INIT, pass it down, read it only when the function failed.
 */
#ifndef CORDON_ERROR_H
#define CORDON_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What kind of failure it is; the value of cordon_error.status. New ones are added at the end. */
#define CORDON_OK 0
#define CORDON_BAD_USAGE 1      /* an argument or option is wrong */
#define CORDON_BAD_POLICY 2     /* a policy is wrong; file, line and column say where */
#define CORDON_UNSUPPORTED 3    /* this host or build cannot do it; nothing was weakened instead */
#define CORDON_OS_FAILED 4      /* the system refused; os_code holds errno or GetLastError() */
#define CORDON_NOT_FOUND 5      /* the command does not exist (exit status 127) */
#define CORDON_NOT_EXECUTABLE 6 /* the command exists and cannot be executed (exit status 126) */
#define CORDON_NO_MEMORY 7

#define CORDON_ERROR_FILE_SIZE 256
#define CORDON_ERROR_TEXT_SIZE 1024

struct cordon_error {
	uint32_t size;    /* sizeof(struct cordon_error), set by CORDON_ERROR_INIT */
	int32_t status;   /* CORDON_OK or one of the kinds above */
	int64_t os_code;  /* errno or GetLastError() for CORDON_OS_FAILED; otherwise 0 */
	int32_t line;     /* place in `file`, from 1; 0: none */
	int32_t column;   /* in bytes, from 1; 0: none */
	char file[CORDON_ERROR_FILE_SIZE]; /* UTF-8, the policy file concerned; empty: none. A long path loses its front */
	char text[CORDON_ERROR_TEXT_SIZE]; /* UTF-8, one line without newline, context first, cause last */
};

#define CORDON_ERROR_INIT { sizeof(struct cordon_error), CORDON_OK, 0, 0, 0, { 0 }, { 0 } }

#ifdef __cplusplus
}
#endif

#endif
