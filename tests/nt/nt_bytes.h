/* tests/nt/nt_bytes.h: the model's descriptors as the bytes that Windows has, and back. */
#pragma once

#include "base/windows_descriptor.h"
#include "nt.h"

/* A real identifier for each of the model's; valid as long as the program runs. */
struct windows_sid nt_sid_bytes(uint32_t sid);
/* The other way round; fails the test for one that stands for nothing in the model. */
uint32_t nt_sid_of(struct windows_sid sid);

/* What Windows would tell when asked for owner, list and label; malloc'ed. */
uint8_t *nt_descriptor_bytes(const struct nt_descriptor *descriptor, size_t *ret_length);

/* Takes over list and label, as Windows does from bytes without an owner. */
void nt_descriptor_take(struct nt_descriptor *descriptor, const uint8_t *bytes, size_t length);
