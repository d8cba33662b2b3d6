#include "network/gate/gate.h"

#include <stdlib.h>
#include <string.h>

bool settings_read_line(struct gate *gate, char *line)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char *end, *value = strchr(line, ' ');
	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(line, GATE_SHARE) == 0) {
		gate->pace.share = strtoull(value, &end, 10);
		return end > value && !*end && gate->pace.share > 0;
	}
	if (strcmp(line, "allow") != 0 && strcmp(line, "deny") != 0)
		return upstream_set(&gate->upstreams, line, value);
	unsigned long port = strtoul(value, &end, 10);
	return end > value && *end == ' ' && port <= UINT16_MAX &&
	       rules_add(&gate->rules, end + 1, (uint16_t)port, line[0] == 'd', &err);
}
