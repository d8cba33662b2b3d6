# support/phase.sh ATTEMPT: one run of an attempt, bare or inside, in a world that the harness has just made; runs as
# the user under `bound`, which ends whatever is left afterwards. Writes NAME=VALUE lines to $WORLD/seen.
set -u

program=$VERIFY/$1
seen=$WORLD/seen
export VERIFY_SECRET
# For an attempt that signals its whole group; not ignored, which the command would inherit.
trap : USR1

# Everything outside the workspace but cordon's own state, with all that changes when somebody changes it.
snapshot() {
	find "$OUTSIDE" "$HOME" \( -path "$WORK" -o -path "$HOME/.local/state" -o -path "$HOME/.cache" \) -prune -o \
		-printf '%p %y %m %U:%G %n %s %T@ %C@ %l\n' | sort
}

cd "$WORK" || exit
"$program" prepare >"$WORLD/reason" 2>&1
status=$?
echo "prepared=$status" >>"$seen"
[ $status = 0 ] || exit 0

case $SIDE in
bare) set -- "$program" act ;;
inside) eval "set -- $VERIFY_WRAPPER \"\$PROGRAM\" run $VERIFY_OPTIONS -- \"\$program\" act" ;;
esac
snapshot >"$WORLD/before"
"$program" launch "$@" </dev/null >"$WORLD/output" 2>"$WORLD/errors"
echo "status=$?" >>"$seen"
[ -e "$WORK/.begun" ] && echo "begun=yes" >>"$seen"
[ -e "$WORK/.ended" ] && echo "ended=yes" >>"$seen"
snapshot >"$WORLD/after"
cmp -s "$WORLD/before" "$WORLD/after" && echo "intact=yes" >>"$seen"
"$program" worked >>"$WORLD/reason" 2>&1
echo "worked=$?" >>"$seen"
if [ "$VERIFY_JUDGED" = yes ]; then
	"$program" happened >>"$WORLD/reason" 2>&1
	echo "happened=$?" >>"$seen"
fi
