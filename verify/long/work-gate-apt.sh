#!/bin/sh
# net.filtered: apt's own http method and a mirror that nginx serves; a second mirror, on a host that is not allowed, is refused.
# run: --net filtered --allow allowed.test:80 --report "$WORLD/report.json"
prepare() {
	prepare_internet
	need nginx apt-get dpkg-deb
	mkdir -p "$OUTSIDE/mirror" "$OUTSIDE/package/DEBIAN" "$OUTSIDE/package/usr/share/doc/visitor"
	printf 'Package: visitor\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@localhost>\nDescription: comes and goes\n' \
		>"$OUTSIDE/package/DEBIAN/control"
	chmod -R u=rwX,go=rX "$OUTSIDE/package"
	dpkg-deb --root-owner-group -b "$OUTSIDE/package" "$OUTSIDE/mirror/visitor_1_all.deb" >/dev/null
	cd "$OUTSIDE/mirror" || return
	{
		cat "$OUTSIDE/package/DEBIAN/control"
		echo "Filename: ./visitor_1_all.deb"
		echo "Size: $(wc -c <visitor_1_all.deb)"
		echo "SHA256: $(sha256sum visitor_1_all.deb | cut -d " " -f 1)"
	} >Packages
	cat >"$OUTSIDE/nginx.conf" <<-END
		daemon off; pid $OUTSIDE/nginx.pid; error_log stderr; worker_processes 1;
		events { }
		http {
			access_log $WORLD/served; client_body_temp_path $OUTSIDE/t1; proxy_temp_path $OUTSIDE/t2;
			fastcgi_temp_path $OUTSIDE/t3; uwsgi_temp_path $OUTSIDE/t4; scgi_temp_path $OUTSIDE/t5;
			log_format hosts '\$host \$request \$status'; access_log $WORLD/served hosts;
			server { listen 80; listen [::]:80; root $OUTSIDE/mirror; }
		}
	END
	[ "$(id -u)" != 0 ] || sed -i 's/^daemon/user root; daemon/' "$OUTSIDE/nginx.conf"
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		nginx -c "$OUTSIDE/nginx.conf" 2>"$WORLD/nginx" &
		tries=0
		until [ -s "$OUTSIDE/nginx.pid" ] || [ $tries = 200 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		"$@"
		kill $!
		wait' sh "$@"
}

act() {
	forget_proxies
	for host in allowed other; do
		state=$WORK/$host
		mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/got"
		touch "$state/status"
		echo "deb [trusted=yes] http://$host.test/ ./" >"$state/sources.list"
		set -- -q -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$state" \
			-o Dir::State::status="$state/status" -o Dir::Cache="$state" -o APT::Sandbox::User="$(id -un)" \
			-o Dir::Etc::main=/dev/null -o Dir::Etc::parts=/dev/null -o Acquire::Retries=0
		apt-get "$@" update
		(cd "$state/got" && apt-get "$@" download visitor)
	done
	true
}

happened() {
	grep -q "^other.test GET .*Packages" "$WORLD/served"
}

worked() {
	[ -s "$WORK/allowed/got/visitor_1_all.deb" ] &&
		{ [ "$SIDE" = bare ] || grep -q '"target": *"other.test' "$WORLD/report.json"; }
}

. "$VERIFY/internet.sh"
