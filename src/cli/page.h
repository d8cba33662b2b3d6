/* cli/page.h: one recorded run as a page for a browser. */
#pragma once

#include <jansson.h>

#include "base/text.h"

/* Appends a page that needs nothing but itself. What came from the command is text in it, never markup. */
void page_add(struct text *text, const json_t *record);
