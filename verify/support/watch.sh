# support/watch.sh WHAT COMMAND...: runs a command and looks, from outside and while the act holds still (hold() in
# attempt.c), whether it has what it should not have; then $WORLD/found says where.
#	fd:TEXT     an open descriptor whose link contains TEXT
#	map:TEXT    a mapping whose name contains TEXT
#	ns:KIND     a namespace of that kind other than its parent's
what=$1
shift

look() { # PID
	case $what in
	fd:*)
		for descriptor in "/proc/$1/fd"/*; do
			case $(readlink "$descriptor" 2>/dev/null) in
			*"${what#fd:}"*) echo "$descriptor" >>"$WORLD/found" ;;
			esac
		done
		;;
	map:*) grep -F -e "${what#map:}" "/proc/$1/maps" >>"$WORLD/found" ;;
	ns:*)
		parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status")
		own=$(readlink "/proc/$1/ns/${what#ns:}")
		theirs=$(readlink "/proc/$parent/ns/${what#ns:}")
		[ -z "$own" ] || [ -z "$theirs" ] || [ "$own" = "$theirs" ] || echo "$1 $own" >>"$WORLD/found"
		;;
	esac
}

{
	"$@"
	echo $? >"$WORLD/launched"
} &
until [ -e "$WORK/holding" ] || [ -e "$WORLD/launched" ]; do
	sleep 0.02
done
for process in /proc/[0-9]*; do
	if [ "$(cat "$process/comm" 2>/dev/null)" = held ] && grep -qsF "WORLD=$WORLD" "$process/environ"; then
		look "${process#/proc/}"
	fi
done
: >"$WORK/released"
wait
exit "$(cat "$WORLD/launched")"
