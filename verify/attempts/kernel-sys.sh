#!/bin/sh
# kernel, hazard 63: a setting in /sys that root may change, and that holds for the whole machine.
# plant as root: mounts.readonly+landlock
# fallback plant as root: landlock
setting=/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan

prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may change it outside"
	cat $setting >"$WORLD/setting" || skip "this kernel lacks $setting"
}

act() {
	echo 4097 >$setting
}

happened() {
	[ "$(cat $setting)" = 4097 ]
}

clean() {
	[ ! -s "$WORLD/setting" ] || cat "$WORLD/setting" >$setting
}

. "$VERIFY/attempt.sh"
