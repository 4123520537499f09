#!/usr/bin/env python3
"""Breaks the session on purpose, one way at a time, and shows that the simulation, or a scenario, catches each.

    python3 tests/simulation/breakages.py [NAME...]

Works on a copy of the sources in a directory of its own. A breakage whose line is no longer found is an error here:
change it together with the session.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# name, file, what stands there, what stands there instead
BREAKAGES = [
    ("a gap is not remembered", "transition.rs",
     "if (self.announced || self.resumed) && self.gap.is_none() {", "if false && self.gap.is_none() {"),
    ("a gap is not reported", "mod.rs",
     "if let Some(reason) = effects.gap {", "if let Some(reason) = effects.gap.filter(|_| false) {"),
    ("a broken connection counts as a clean end", "ending.rs",
     "self.apply(key, if renew { Input::Lost(reason) } else { Input::Broken(reason) });", "self.apply(key, if renew { Input::Lost(reason) } else { Input::Ended });"),
    ("missed events are not told", "ending.rs",
     "Action::Missed if self.flights_of(key) => self.apply(key, Input::Missed),", "Action::Missed if self.flights_of(key) => {}"),
    ("the timer of a request is not set", "planner.rs",
     "self.timers.set(deadline, Timer::Flight(id));", "let _ = deadline;"),
    ("the timer of a back-off is not set", "rest.rs",
     "            self.rest_until = until;\n            self.timers.set(until, Timer::Rest);\n        }\n        self.tell", "            self.rest_until = until;\n        }\n        self.tell"),
    ("the timer of a lane that rests is not set", "rest.rs",
     "                self.timers.set(until, Timer::Lane(index));", ""),
    ("whoever waited for a lane that rested is forgotten", "slots.rs",
     "        self.unblock(index);\n", ""),
    ("the timer of a postponed subscription is not set", "mod.rs",
     "Some(at) if at > self.now => self.timers.set(at, Timer::Subscription(key)),", "Some(at) if at > self.now => {}"),
    ("what the server asks for is not obeyed", "rest.rs",
     "let Some(hint) = hint.filter(|hint| !hint.is_zero()) else {", "let Some(hint) = hint.filter(|_| false) else {"),
    ("silence is never noticed", "connection.rs",
     "config.silence.map_or(self.whole_by, |silence| now.after(silence).min(self.whole_by))", "config.silence.map_or(self.whole_by, |_| self.whole_by)"),
    ("reading stops at the first Closed", "document.rs",
     "            flight.deadline = stream.deadline(&self.config, self.now);\n            self.watch(id);", "            return self.conclude(id, Ending::Good(None), true);"),
    ("events of an Error message are dropped", "receive.rs",
     "return Seen::Event(key);", "return if flight.complaint.is_some() { Seen::Nothing } else { Seen::Event(key) };"),
    ("ids that an error names are not mended", "document.rs",
     "            self.complain(key, lane, &complaint);\n            if matches!", "            if matches!"),
    ("short ids are trusted after a break", "planner.rs",
     "if old && self.suspects(id.as_str()) {", "if false {"),
    ("an id that comes again is not taken from its old holder", "ending.rs",
     "self.lose(other, GapReason::Restarted);", "let _ = other;"),
    ("the credentials are not waited for", "planner.rs",
     "if self.paused || self.now < self.rest_until", "if self.now < self.rest_until"),
    ("one connection too many", "planner.rs",
     "if self.streams >= self.max_connections {", "if self.streams > self.max_connections {"),
    ("those who wait for a slot are forgotten", "slots.rs",
     "(self.streams < self.max_connections).then(|| self.starved.pop_first())??;", "self.starved.pop_first().filter(|_| false)?;"),
    ("a subscription goes live before its connection speaks", "transition.rs",
     "(Idle, Input::ConnectionSent) => (state.to(Opening), none),",
     "(Idle, Input::ConnectionSent) => {\n            let effects = Effects { live: !state.announced, gap: state.gap, ..none };\n            (State { phase: Opening, announced: true, resumed: false, gap: None }, effects)\n        }"),
    ("a refused Subscribe is not tried again", "transition.rs",
     "(Subscribing, Input::SubscribeFailed) => (state.to(Wanted), subscribe),", "(Subscribing, Input::SubscribeFailed) => (state.to(Wanted), none),"),
    ("events are taken for those of a connection that was left", "receive.rs",
     "let record = table.get(*key).filter(|record| record.flight == Some(id));", "let record = table.get(*key);"),
    ("a flood of nothing is borne", "connection.rs",
     "self.useless_documents > config.useless_documents || self.useless_bytes > config.useless_bytes", "false"),
]


def main() -> int:
    wanted = sys.argv[1:]
    survived = []
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name) / "crate"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("target", ".git", "fuzz"))
        for title, file, old, new in BREAKAGES:
            if wanted and not any(word in title for word in wanted):
                continue
            path = copy / "src" / "session" / file
            text = path.read_text()
            if text.count(old) != 1:
                print(f"{title}: found {text.count(old)} times in {file}: {old!r}")
                return 2
            path.write_text(text.replace(old, new))
            command = ["cargo", "test", "--release", "--test", "simulation", "--test", "session_scenarios",
                       "--", "--nocapture"]
            ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, errors="replace", check=False)
            path.write_text(text)
            output = ran.stdout + ran.stderr
            if "error[" in output or "could not compile" in output:
                print(output)
                return 2
            reason = re.search(r"^seed .*$|^test .* FAILED$", output, re.M)
            if ran.returncode == 0:
                survived.append(title)
            print(f"{'SURVIVED' if ran.returncode == 0 else 'caught  '} {title}: {reason.group(0) if reason else ''}", flush=True)
    print(f"{len(survived)} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
