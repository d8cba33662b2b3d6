/* The pipe of cordon and its runner: a frame is told from its beginning, and what is read of one is written as it was. */
#include "backend/windows/framing.h"

#include <string.h>

#include "base/scope.h"
#include "fuzz.h"

/* The word is MORE until it is another, which it stays. */
static bool read_by_parts(const uint8_t *bytes, size_t length, struct frame *ret_frame)
{
	enum frame_reading last = FRAME_MORE;
	for (size_t part = 0; part <= length; part++) {
		size_t needed = 0;
		enum frame_reading reading = frame_read(bytes, part, ret_frame, &needed);
		FUZZ_CHECK(last == FRAME_MORE || reading == last);
		FUZZ_CHECK(reading != FRAME_MORE || needed > part);
		FUZZ_CHECK(reading != FRAME_WHOLE ||
			   (needed <= part && ret_frame->bytes + ret_frame->length == bytes + needed));
		last = reading;
	}
	return last == FRAME_WHOLE;
}

static bool write_again(const struct frame *frame, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct frame_start start;
	struct frame_return order;
	struct frame_clean clean;
	struct frame_reach reach;
	struct frame_proxy proxy;
	struct frame_resize resize;
	struct frame_reached reached;
	struct frame_started started;
	struct frame_failed failed;
	struct cordon_error why = CORDON_ERROR_INIT;
	switch (frame->kind) {
	case FRAME_START:
		return frame_read_start(frame, &arena, &start, err) && frame_write_start(&start, text, err);
	case FRAME_RETURN:
		return frame_read_return(frame, &arena, &order, err) && frame_write_return(&order, text, err);
	case FRAME_STARTED:
		return frame_read_started(frame, &started, err) && frame_write_started(&started, text, err);
	case FRAME_FAILED:
		if (!frame_read_failed(frame, &arena, &failed, err))
			return false;
		FUZZ_CHECK(fuzz_is_utf8(failed.text, strlen(failed.text)));
		why.status = (int32_t)failed.status;
		why.os_code = failed.os_code;
		strcpy(why.text, failed.text);
		return frame_write_failed(&why, text, err);
	case FRAME_CLEAN:
		return frame_read_clean(frame, &arena, &clean, err) && frame_write_clean(&clean, text, err);
	case FRAME_REACH:
		return frame_read_reach(frame, &reach, err) && frame_write_reach(&reach, text, err);
	case FRAME_PROXY:
		return frame_read_proxy(frame, &arena, &proxy, err) && frame_write_proxy(&proxy, text, err);
	case FRAME_RESIZE:
		return frame_read_resize(frame, &resize, err) && frame_write_resize(&resize, text, err);
	case FRAME_CLOSE:
		return frame_write_close(text, err);
	case FRAME_REACHED:
		return frame_read_reached(frame, &reached, err) && frame_write_reached(&reached, text, err);
	case FRAME_DONE:
		return frame_write_done(text, err);
	}
	fuzz_fail("a kind that there is not");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct frame frame;
	if (!read_by_parts(bytes, length, &frame))
		return 0;
	if (write_again(&frame, &text, &err)) {
		size_t whole = FRAME_HEAD + frame.length;
		FUZZ_CHECK(text.length == whole && memcmp(text_str(&text), bytes, whole) == 0);
	} else {
		fuzz_check_error(&err, NULL, 0);
	}
	return 0;
}
