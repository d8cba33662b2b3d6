#!/bin/sh
# net.filtered: git over ssh, both ways: the server speaks first, and no proxy variable means anything to it.
# run: --net filtered --allow allowed.test:22
prepare() {
	prepare_internet
	server=$(PATH=$PATH:/usr/sbin command -v sshd) && [ -n "$server" ] || skip "there is no sshd"
	[ "$(id -u)" != 0 ] || [ -d /run/sshd ] || skip "sshd wants a /run/sshd"
	cd "$OUTSIDE" || return
	git clone -q --bare "$WORK" repository.git
	ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f "$WORK/key" || skip "no ssh-keygen"
	cp "$WORK/key.pub" allowed
	printf '%s\n' "HostKey $OUTSIDE/host" "AuthorizedKeysFile $OUTSIDE/allowed" 'UsePAM no' 'StrictModes no' \
		"PidFile none" 'PasswordAuthentication no' >settings
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		/usr/sbin/sshd -D -f "$OUTSIDE/settings" -E "$WORLD/heard" &
		sleep 0.3
		"$@"
		kill $!' sh "$@"
}

act() {
	export GIT_SSH_COMMAND="ssh -i $WORK/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -F none"
	git clone -q "ssh://$USER@allowed.test$OUTSIDE/repository.git" cloned
	cd cloned && echo more >>notes && git -c user.name=a -c user.email=a@b commit -q -a -m second && git push -q
}

worked() {
	[ "$(git -C "$OUTSIDE/repository.git" log --format=%s -1)" = second ]
}

. "$VERIFY/internet.sh"
