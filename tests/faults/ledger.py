"""The outside checker: what was sent, acknowledged and seen, joined with what the database holds afterwards.

The ledger is a file of JSON lines. A line is on disk before the message it speaks of is sent, and after it was
acknowledged. The checker knows the tables and nothing of the code that fills them; RELIABILITY names the invariants.
"""

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from omnibot.store.schema import conversations, inbox, messages, outbox, promises

if TYPE_CHECKING:
    from tests.faults.visitors import Crowd

PATIENCE = 60.0  # seconds from the end of the faults until everything has its outcome
# What the visitor hears for each outcome; what is passed on is answered by people.
JOINED = "joined"  # heard with what was said just before; both have one answer
SPOKEN = {"answer", "suggest", "ask_again", "acknowledge", "greet", "hand_off", "show_cases", "tell_wait", "late_press"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message of a visitor; however often it is sent, it is one."""

    nonce: str
    conversation_id: int
    text: str


class Ledger:
    """Written in the order in which things happen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")

    def sends(self, sent: Sent) -> None:
        self._write(
            True, kind="sends", nonce=sent.nonce, conversation_id=sent.conversation_id, text=sent.text, at=now()
        )

    def acknowledged(self, sent: Sent, id: str, seq: int) -> None:
        self._write(True, kind="acknowledged", nonce=sent.nonce, id=id, seq=seq)

    def refused(self, sent: Sent, status: int) -> None:
        self._write(False, kind="refused", nonce=sent.nonce, status=status)

    def seen(self, conversation_id: int, line: dict[str, Any]) -> None:
        self._write(False, kind="seen", conversation_id=conversation_id, line=line, at=now())

    def lines(self) -> list[dict[str, Any]]:
        self._file.flush()
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    def close(self) -> None:
        self._file.close()

    def _write(self, durably: bool, **line: Any) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if durably:
            self._file.flush()
            os.fsync(self._file.fileno())


@dataclass(slots=True)
class Database:
    """What the tables hold, read once the run is over."""

    inbox: list[sa.RowMapping]
    messages: dict[int, list[sa.RowMapping]]  # by conversation, in order
    conversations: dict[int, sa.RowMapping]
    outbox: list[sa.RowMapping]
    promises: list[sa.RowMapping]

    @property
    def waiting(self) -> int:
        return sum(row["state"] == "new" for row in self.inbox)


def read_database(url: str) -> Database:
    parsed = make_url(url)
    is_scaled = parsed.get_backend_name() == "postgresql"
    engine = sa.create_engine(parsed.set(drivername="postgresql+psycopg") if is_scaled else parsed)
    # One state of all tables: a run may still be going on.
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if is_scaled else "BEGIN"
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.exec_driver_sql(begin)
            spoken: dict[int, list[sa.RowMapping]] = defaultdict(list)
            for row in tx.execute(sa.select(messages).order_by(messages.c.conversation_id, messages.c.seq)).mappings():
                spoken[row["conversation_id"]].append(row)
            return Database(
                inbox=list(tx.execute(sa.select(inbox)).mappings()),
                messages=spoken,
                conversations={row["id"]: row for row in tx.execute(sa.select(conversations)).mappings()},
                outbox=list(tx.execute(sa.select(outbox)).mappings()),
                promises=list(tx.execute(sa.select(promises)).mappings()),
            )
    finally:
        engine.dispose()


@dataclass(slots=True)
class Findings:
    """What is wrong, by invariant, and how much was looked at."""

    broken: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def expect(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.broken.append(what)


async def settle(crowd: "Crowd", database_url: str, *, seconds: float = PATIENCE) -> tuple[Database, float]:
    """Wait until every event has its outcome and every open stream has brought everything; the seconds it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        database = await asyncio.to_thread(read_database, database_url)
        behind = [visitor for visitor in crowd.visitors if visitor.conversation_id and not _has_all(visitor, database)]
        if not database.waiting and not behind:
            return database, loop.time() - began
        if loop.time() - began > seconds:
            # The checker says what is missing.
            return database, loop.time() - began
        await asyncio.sleep(0.1)


def _has_all(visitor: Any, database: Database) -> bool:
    lines = database.messages.get(visitor.conversation_id)
    return not lines or (bool(visitor.seen) and visitor.seen[-1] >= lines[-1]["seq"])


async def prove(crowd: "Crowd", database_url: str, *, restarts: list[float] | None = None) -> dict[str, Any]:
    """Check every invariant; raises AssertionError with all that is broken, returns the numbers.

    `restarts` are the times at which a process was started again. To be called while the crowd's streams are open.
    """
    database, settled_in = await settle(crowd, database_url)
    found = Findings()
    lines = crowd.ledger.lines()
    seen: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        if line["kind"] == "seen":
            seen[line["conversation_id"]].append(line["line"])
    _accepted_once(found, lines, database)
    _one_outcome(found, database)
    _nothing_stuck(found, database)
    for visitor in crowd.visitors:
        if visitor.conversation_id:
            _seen_in_order(found, visitor.conversation_id, seen[visitor.conversation_id], database)
            _silent_after_handoff(found, visitor.conversation_id, database)
    asked_again = crowd.visitors[:: max(1, len(crowd.visitors) // 20)]
    for visitor in asked_again:
        told = [(line["seq"], line["text"]) for line in await visitor.transcript()]
        stored = [(row["seq"], row["text"]) for row in database.messages.get(visitor.conversation_id, [])]
        found.expect(told == stored, f"I5: GET /messages differs from the table in {visitor.conversation_id}")
    found.numbers |= {
        "visitors": len(crowd.visitors),
        "statuses": dict(crowd.statuses),
        "settled_in_s": round(settled_in, 2),
        "restarts": len(restarts or ()),
        "first_after_restart_s": _first_after(restarts or [], database),
        **_delays(lines, database),
    }
    report(found.numbers)
    assert not found.broken, "\n".join([f"{len(found.broken)} findings", *found.broken[:30], str(found.numbers)])
    return found.numbers


def report(numbers: dict[str, Any]) -> None:
    """Print the numbers of a run; OMNIBOT_FAULT_REPORT names a file that collects them."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    line = json.dumps({"test": test, **numbers})
    sys.stdout.write(line + "\n")  # pytest shows it with -rP
    if path := os.environ.get("OMNIBOT_FAULT_REPORT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _accepted_once(found: Findings, lines: list[dict[str, Any]], database: Database) -> None:
    """I1 and I9: what was acknowledged is stored, once, at the place that was named."""
    rows: dict[str, list[sa.RowMapping]] = defaultdict(list)
    for row in (row for spoken in database.messages.values() for row in spoken if row["author"] == "customer"):
        rows[row["external_id"]].append(row)
    sent = {line["nonce"]: line for line in lines if line["kind"] == "sends"}
    places: dict[str, set[tuple[str, int]]] = defaultdict(set)
    acknowledged = 0
    for line in lines:
        if line["kind"] == "acknowledged":
            acknowledged += 1
            places[line["nonce"]].add((line["id"], line["seq"]))
    for nonce, named in places.items():
        stored = rows[nonce]
        found.expect(len(stored) == 1, f"I1: {nonce} was acknowledged and is stored {len(stored)} times")
        found.expect(len(named) == 1, f"I9: {nonce} was acknowledged with different places {named}")
        for row in stored:
            place = (f"{row['conversation_id']}.{row['seq']}", row["seq"])
            found.expect(place in named, f"I9: {nonce} is stored at {place}, acknowledged were {named}")
            found.expect(row["text"] == sent[nonce]["text"], f"I1: the words of {nonce} were changed")
            found.expect(row["conversation_id"] == sent[nonce]["conversation_id"], f"I11: {nonce} is somebody else's")
    found.expect(set(rows) <= set(sent), f"I1: stored, but never sent: {set(rows) - set(sent)}")
    arrived = Counter(row["external_id"].partition(":")[2] for row in database.inbox)
    found.expect(arrived == Counter(dict.fromkeys(rows, 1)), "I1: inbox and transcript hold different messages")
    found.numbers |= {"messages": len(sent), "sends": sum(line["kind"] == "sends" for line in lines)}
    found.numbers |= {"acknowledged": len(places), "acknowledgements": acknowledged}
    found.numbers |= {
        "lost": sum(not rows[nonce] for nonce in places),
        "doubled": sum(len(r) > 1 for r in rows.values()),
    }


def _one_outcome(found: Findings, database: Database) -> None:
    """I2: each event has one outcome, and what was said is exactly what the outcomes call for, question by question."""
    lanes: dict[str, list[sa.RowMapping]] = defaultdict(list)
    for row in sorted(database.inbox, key=lambda row: row["id"]):
        found.expect(row["state"] in ("done", "dead"), f"I2: event {row['id']} has no outcome")
        if row["state"] == "done":
            is_known = row["outcome"] in SPOKEN or row["outcome"] in ("pass_on", JOINED)
            found.expect(is_known, f"I2: {row['id']} ended as {row['outcome']}")
        lanes[row["lane"]].append(row)
    asked: dict[int, list[list[sa.RowMapping]]] = defaultdict(list)  # questions by conversation, each with its pieces
    for lane, rows in lanes.items():
        for question in _questions(found, lane, rows):
            if question[0]["outcome"] in SPOKEN:
                asked[question[0]["conversation_id"]].append(question)
    for id, spoken in database.messages.items():
        answers = [row for row in spoken if row["explanation"]]
        said = [json.loads(row["explanation"])["decision"] for row in answers]
        called_for = [question[0]["outcome"] for question in asked[id]]
        found.expect(said == called_for, f"I2: in {id} the outcomes {called_for}, said was {said}")
        for question, answer in zip(asked[id], answers, strict=False):
            last = max(piece["seq"] for piece in question)
            pieces = json.loads(answer["explanation"]).get("pieces", 1)
            found.expect(pieces == len(question), f"I2: in {id} {answer['seq']} answers {pieces}, not {len(question)}")
            found.expect(answer["seq"] > last, f"I2: in {id} {answer['seq']} answers {last} before it was said")
        silent = [row for row in spoken if row["author"] == "bot" and not row["explanation"]]
        found.expect(not silent, f"I2: in {id} the bot spoke without a reason")
    outcomes = Counter(str(row["outcome"]) for row in database.inbox if row["state"] == "done")
    found.numbers |= {"outcomes": dict(outcomes), "dead": sum(row["state"] == "dead" for row in database.inbox)}
    found.numbers["most_attempts"] = max((row["attempts"] for row in database.inbox), default=0)


def _questions(found: Findings, lane: str, rows: list[sa.RowMapping]) -> list[list[sa.RowMapping]]:
    """A lane's events, each with those that were joined to it: a burst is one question with one outcome.

    A joined event has no answer of its own, so it must follow, in its lane and at once, on what was answered for it; it
    must stand at a place of its own in the same conversation, where I1 finds its words.
    """
    questions: list[list[sa.RowMapping]] = []
    for row in rows:
        if row["outcome"] != JOINED or row["state"] != "done":
            questions.append([row])
            continue
        if not questions or questions[-1][0]["outcome"] not in SPOKEN or questions[-1][0]["state"] != "done":
            found.expect(False, f"I2: {row['id']} in {lane} was joined to nothing that was answered")
            continue
        question = questions[-1]
        apart = (row["received_at"] - question[-1]["received_at"]).total_seconds()
        found.expect(apart <= 10, f"I2: {row['id']} was joined to a message of {apart} s before")
        is_placed = row["conversation_id"] == question[0]["conversation_id"] and row["seq"] > question[-1]["seq"]
        found.expect(is_placed, f"I2: {row['id']} has no place of its own behind what it was joined to")
        question.append(row)
    return questions


def _nothing_stuck(found: Findings, database: Database) -> None:
    """I3, and the promise side of I8: nothing waits to be sent, a queued conversation has one first reply promised."""
    stuck = [row["id"] for row in database.outbox if row["state"] in ("pending", "sending")]
    found.expect(not stuck, f"I3: still in the outbox: {stuck}")
    promised = Counter(
        row["conversation_id"] for row in database.promises if row["kind"] == "first_reply" and row["ended_at"] is None
    )
    status = {id: row["status"] for id, row in database.conversations.items()}
    bare = [id for id, current in status.items() if current == "queued" and not promised[id]]
    found.expect(not bare, f"I8: queued without a promise: {bare}")
    found.expect(not promised or max(promised.values()) == 1, f"I8: promised more than once: {promised}")
    idle = [id for id in promised if status[id] not in ("queued", "open")]
    found.expect(not idle, f"I8: promised, but not with people: {idle}")


def _seen_in_order(found: Findings, id: int, seen: list[dict[str, Any]], database: Database) -> None:
    """I4 and I5: each line once, in order, nothing else and nothing less than the table holds."""
    seqs = [line["seq"] for line in seen]
    found.expect(all(a < b for a, b in pairwise(seqs)), f"I5: {id} saw {seqs}")
    found.expect(len(set(seqs)) == len(seqs), f"I4: {id} saw a line twice: {seqs}")
    nonces = Counter(line["client_id"] for line in seen if line["author"] == "customer")
    found.expect(not nonces or max(nonces.values()) == 1, f"I4: {id} saw a message twice: {nonces}")
    stored = [(row["seq"], row["author"], row["text"]) for row in database.messages.get(id, [])]
    told = [(line["seq"], line["author"], line["text"]) for line in seen]
    missing = [line[:2] for line in stored if line not in told]
    invented = [line[:2] for line in told if line not in stored]
    found.expect(not missing, f"I5: {id} never saw {missing} on its stream")
    found.expect(not invented, f"I5: {id} saw {invented}, which the table does not hold")
    found.numbers["lines_seen"] = found.numbers.get("lines_seen", 0) + len(seen)


def _silent_after_handoff(found: Findings, id: int, database: Database) -> None:
    """I6: from the handoff on the bot says nothing, until somebody gives the conversation back."""
    is_with_people = False
    for row in database.messages.get(id, []):
        decision = json.loads(row["explanation"])["decision"] if row["explanation"] else None
        if decision == "hand_off" or (row["author"] == "system" and row["text"].endswith(" joins.")):
            is_with_people = True
        elif row["author"] == "system" and row["text"].startswith(
            ("Our assistant is back", "This conversation is closed")
        ):
            is_with_people = False
        found.expect(
            not (is_with_people and row["author"] == "bot"),
            f"I6: the bot spoke in {id} at {row['seq']}, after the handoff",
        )


def _first_after(restarts: list[float], database: Database) -> list[float]:
    """I10: seconds from each start to the first message that got its answer; not from one that was killed before."""
    spoken = sorted(
        row["at"].timestamp() for rows in database.messages.values() for row in rows if row["author"] != "customer"
    )
    ends = [*restarts, float("inf")][1:]
    firsts = [next((at for at in spoken if at > start), end) for start, end in zip(restarts, ends, strict=True)]
    return [round(first - start, 2) for first, start, end in zip(firsts, restarts, ends, strict=True) if first < end]


def _delays(lines: list[dict[str, Any]], database: Database) -> dict[str, list[float]]:
    """How long answers took: from accepted to decided, and from first sent to seen. Median, 99th percentile, worst."""
    first_sent: dict[str, float] = {}
    first_seen: dict[tuple[int, int], float] = {}
    for line in lines:
        if line["kind"] == "sends":
            first_sent.setdefault(line["nonce"], line["at"])
        elif line["kind"] == "seen":
            first_seen.setdefault((line["conversation_id"], line["line"]["seq"]), line["at"])
    answered = sorted(
        (row["conversation_id"], row["seq"], row["external_id"].partition(":")[2])
        for row in database.inbox
        if row["outcome"] in SPOKEN
    )
    said = sorted((id, row["seq"]) for id, rows in database.messages.items() for row in rows if row["explanation"])
    at = {(id, row["seq"]): row["at"].timestamp() for id, rows in database.messages.items() for row in rows}
    decided, seen = [], []
    # Events of one conversation are answered in their order, so that questions and answers pair up.
    for (id, question, nonce), (other, answer) in zip(answered, said, strict=False):
        if id == other:
            decided.append(at[id, answer] - at[id, question])
        if (id, answer) in first_seen:
            seen.append(first_seen[id, answer] - first_sent[nonce])
    return {"decided_s": _percentiles(decided), "seen_s": _percentiles(seen)}


def _percentiles(values: list[float]) -> list[float]:
    if not values:
        return []
    ordered = sorted(values)
    return [round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) for share in (0.5, 0.99, 1.0)]


def now() -> float:
    return datetime.now(UTC).timestamp()
