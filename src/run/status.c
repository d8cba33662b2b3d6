/* What a run tells while it lasts: one line of JSON for each event, kept until it is taken. The command cannot make
 * more of them than the denials that are kept and EVENTS_MAX that nobody has taken; what finds no room is counted.
 */
#include <stdlib.h>

#include "run/json.h"
#include "run/state.h"

void events_free(struct events *events)
{
	for (unsigned i = 0; i < events->count; i++)
		free(events->lines[(events->first + i) % EVENTS_MAX]);
	*events = (struct events){ 0 };
}

/* Takes `event`. The last place is the end's. */
void run_tell(struct run *run, json_t *event, bool is_end)
{
	struct events *events = &run->events;
	char *line = NULL;
	if (run->options.tell && (is_end || events->count < EVENTS_MAX - 1))
		line = event ? json_dumps(event, JSON_COMPACT) : NULL;
	json_decref(event);
	if (line && events->count < EVENTS_MAX)
		events->lines[(events->first + events->count++) % EVENTS_MAX] = line;
	else if (run->options.tell)
		events->dropped++;
}

bool run_take_event(struct run *run, struct text *text)
{
	struct events *events = &run->events;
	if (events->count == 0)
		return false;
	char *line = events->lines[events->first];
	events->first = (events->first + 1) % EVENTS_MAX;
	events->count--;
	text_add(text, line);
	free(line);
	return true;
}
