#!/bin/sh
# Starts the go-redis server: ./go-redis.sh [config-file] [--name value ...]; --help lists the options.
#
# The first start installs the pinned npm packages, Node 26 among them, and says so on stderr: stdout is the server's
# log. Later starts need neither npm nor a network. The server replaces this shell, so that signals reach it and its
# exit code is the caller's; the working directory stays the caller's, so relative paths mean what they say.
set -eu

# The folder of this script, behind any chain of symbolic links. macOS has no `readlink -f`.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
case $self in
  */*) root=$(CDPATH='' cd -P -- "${self%/*}" && pwd) ;;
  *) root=$PWD ;;
esac

modules=$root/node_modules
manifest=$root/package-lock.json
# A copy of the lock file that node_modules was installed from, written last: no copy, no finished install.
installed=$modules/.go-redis-lock.json
lock=$root/.install-lock

say() { printf 'go-redis: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# A linked node_modules belongs to another checkout and is not ours to replace. Somebody may also have run npm by hand:
# it ends by writing a lock file of its own, which then must not be older than the one it was made from.
is_installed() {
  [ -L "$modules" ] || cmp -s "$manifest" "$installed" ||
    { [ -e "$modules/.package-lock.json" ] && [ -z "$(find "$manifest" -newer "$modules/.package-lock.json")" ]; }
}

# `mkdir` succeeds for one of several first starts; the others wait. A lock whose owner died is taken over.
take_lock() {
  [ -w "$root" ] || fail "cannot write to $root, where the first start installs the npm packages"
  waiting=
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || echo)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      # Only one of several waiters can move the folder away, and it checks that it moved what it saw.
      if mv "$lock" "$lock.$$" 2>/dev/null; then
        if [ "$(cat "$lock.$$/pid" 2>/dev/null)" = "$owner" ]; then rm -rf "$lock.$$"; else mv "$lock.$$" "$lock"; fi
      fi
      continue
    fi
    [ -n "$waiting" ] || say "another start (process ${owner:-unknown}) is installing, waiting for it; if it is not, remove $lock"
    waiting=yes
    sleep 1
  done
  echo $$ >"$lock/pid"
}

install() {
  command -v npm >/dev/null || fail "the first start needs npm, which comes with Node.js (https://nodejs.org)"
  take_lock
  trap 'rm -rf "$lock"' EXIT
  if ! is_installed; then
    say "first start: installing the npm packages into $modules"
    rm -f "$installed" "$modules/.package-lock.json"
    # In the background and waited for: a shell acts on a signal only once its foreground command has ended.
    (cd "$root" && exec npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 &
    npm=$!
    trap 'kill "$npm" 2>/dev/null; wait "$npm" || :; exit 130' INT
    trap 'kill "$npm" 2>/dev/null; wait "$npm" || :; exit 143' TERM HUP
    wait "$npm" || fail "npm could not install the packages; the next start tries again"
    trap - INT TERM HUP
    cp "$manifest" "$installed"
  fi
  rm -rf "$lock"
  trap - EXIT
}

# Effect needs Node 22.19, which also strips types without a flag. The packaged Node does not run everywhere (it wants
# glibc and libatomic), so each is asked for its version, which takes it 4 ms.
runs() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  [ "$major" -gt 22 ] || { [ "$major" -eq 22 ] && [ "${minor%%.*}" -ge 19 ]; }
}

is_installed || install

node=$modules/.bin/node
runs "$node" || node=node
runs "$node" || {
  "$modules/.bin/node" --version >&2 || :
  fail "no Node that can run it: the packaged one does not start here, and the system has none of version 22.19 or newer"
}

# Code compiled once is kept, which makes a start 130 ms faster; where the folder cannot be written, Node does without.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$modules/.cache/go-redis}
export NODE_COMPILE_CACHE

# What V8's compiler takes to make one piece of machine code of a command, 5 to 10 MB in pieces of 8 to 32 KB, glibc would keep
# among the free blocks of that thread, where nothing else takes it: the system gets such blocks back at once. Elsewhere it means
# nothing.
MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-8192}
export MALLOC_MMAP_THRESHOLD_

# V8 thinks of programs that keep their data on its heap, and takes memory in big steps. This one has a small heap, with
# little in it that dies: a small space for young objects is enough, and 20 MB less. And V8 counts the data, which is outside
# of its heap, as a reason to look for garbage on it, every 10 MB: let the heap grow to three times what is alive first.
# Where there is one processor, threads that mark so small a heap take it from the server for up to 20 ms: mark in steps, but
# at once as long as nobody is served. `src/server/Engine.ts` goes on from here.
options="--max-semi-space-size=4 --heap-growing-percent=200 --no-concurrent-marking --no-incremental-marking"

# One thread to compile in, not four: on a single processor each of them would have its turn before the server has the next.
options="$options --v8-pool-size=1"

# Since 24, Node carries an AsyncLocalStorage's frame into every callback, for which each read pays. Nothing here has such a
# storage; where an extension has one, it works as it did in Node 22.
[ "$major" -lt 24 ] || options="$options --no-async-context-frame"

# Node 22 and 24.0 warn that stripping types is experimental.
options="$options --disable-warning=ExperimentalWarning"

# The first start has all code stripped and compiled by a process of its own: Node strips types in WebAssembly, and once its memory has
# grown there, V8 looks at each access to any bytes whether they are still where they were, for 3 % of a pipelined command.
if [ ! -d "$NODE_COMPILE_CACHE" ] && mkdir -p "$NODE_COMPILE_CACHE" 2>/dev/null; then
  # shellcheck disable=SC2086 # several words
  "$node" $options "$root/src/main.ts" --version </dev/null >/dev/null || :
fi

# shellcheck disable=SC2086 # several words
exec "$node" $options "$root/src/main.ts" "$@"
