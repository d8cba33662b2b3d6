/* support/attempt.h: what every attempt written in C includes; attempt.c has main and the verbs that it leaves out.
 * The verbs and the world are those of attempt.sh.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

void prepare(void);
void launch(char **command); /* runs it with run(), or replaces the process */
void act(void);
bool happened(void); /* default: watch.sh has found what held() names */
bool worked(void);
void clean(void);
const char *held(void); /* for hold(): what watch.sh is to look for; default: nothing */

/* Random, and known to every verb but act. */
extern const char *secret;

_Noreturn void skip(const char *reason);
/* Path below $WORLD, $WORK, $OUTSIDE; valid until the fourth call after. */
const char *below(const char *variable, const char *name);
void write_text(const char *path, const char *text);
bool file_holds(const char *path, const char *text);
/* A field of the victim that prepare started (victim.c). */
void start_victim(void);
unsigned long long victim(const char *field);
/* Runs the command and waits for it; returns its exit status. */
int run(char **command);
/* Stays as it is until the harness has looked; five seconds at most. */
void hold(void);
