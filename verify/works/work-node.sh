#!/bin/sh
# Node: spawnSync, workers, a hot loop that is compiled, servers, watching files, the time zone; npm from a folder, with its
# cache in the home directory.
# same: output
# fallback: no loopback, nor unix sockets
prepare() {
	command -v node >/dev/null || skip "node is not installed"
	mkdir -p "$HOME/.npm" library app
	printf '{"name":"library","version":"1.2.3","main":"index.js"}\n' >library/package.json
	printf 'module.exports = () => "from the library";\n' >library/index.js
	printf '{"name":"app","version":"1.0.0","scripts":{"start":"node index.js","test":"exit 5"}}\n' >app/package.json
	printf 'console.log(require("library")());\n' >app/index.js
	cat >many.js <<-'END'
		const { spawnSync, execSync, fork } = require("child_process");
		const { Worker, isMainThread, parentPort } = require("worker_threads");
		const fs = require("fs"), http = require("http"), net = require("net"), crypto = require("crypto");
		if (process.argv[2] === "child") {
			process.send("a message");
			process.disconnect();
		} else if (!isMainThread) {
			parentPort.postMessage("from a worker");
		} else {
			const child = spawnSync("sh", ["-c", "cat; echo error >&2; exit 9"], { input: "in" });
			console.log(child.status, String(child.stdout), String(child.stderr).trim());
			console.log(String(execSync("echo shell")).trim());
			let sum = 0;
			for (let i = 0; i < 1e7; i++) sum = (sum + i * 7) % 1000003;
			console.log(sum, crypto.createHash("sha256").update("x").digest("hex").slice(0, 8));
			console.log(new Date(0).toLocaleString("de-DE", { timeZone: "Asia/Tokyo" }));
			const steps = [
				next => new Worker(__filename).on("message", message => (console.log(message), next())),
				next => fork(__filename, ["child"]).on("message", message => console.log(message)).on("exit", next),
				next => {
					const server = http.createServer((request, response) => response.end("http " + request.url));
					server.listen(0, "localhost", () => http.get({ port: server.address().port, path: "/x" },
						response => response.on("data", data => console.log(String(data))).on("end",
							() => server.close(next))));
				},
				next => {
					const server = net.createServer(socket => socket.end("unix")).listen("socket", () =>
						net.connect("socket").on("data", data => console.log(String(data))).on("close",
							() => server.close(next)));
				},
				next => {
					const watcher = fs.watch("library", (event, name) => {
						console.log("watched", name);
						watcher.close();
						next();
					});
					fs.writeFileSync("library/new", "x");
				},
			];
			const go = () => steps.length && steps.shift()(go);
			go();
		}
	END
}

act() {
	set -e
	node many.js
	command -v npm >/dev/null || return 0
	cd app
	npm pack --silent ../library
	npm install --silent --offline --no-audit --no-fund ./library-1.2.3.tgz
	npm start --silent
	npm ls --depth 0 | grep library
	ls "$HOME/.npm/_cacache" >/dev/null && echo "has a cache"
	npm test --silent
}

worked() {
	grep -q '^watched new' "$WORLD/output" || return
	! command -v npm >/dev/null || { grep -q '^from the library' "$WORLD/output" && grep -q '^has a cache' "$WORLD/output" &&
		grep -q '^status=5' "$WORLD/seen"; }
}

. "$VERIFY/attempt.sh"
