"""A form as a machine: it ends, it asks nothing that is known, and the way back is the way that was gone."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnibot.domain import form
from omnibot.domain.form import (
    Answered,
    Ask,
    Back,
    Begin,
    Change,
    Complete,
    Confirm,
    Field,
    Filled,
    Filling,
    Form,
    Kind,
    Leave,
    Option,
    Outcome,
    Photo,
    Problem,
    Reply,
    Send,
    Skip,
    Stale,
)
from omnibot.domain.form_answer import button, filled, pressed, read, read_all, typed

KEYS = ("a", "b", "c", "d")
FORM = Form(
    name="test",
    title={"en": "Test"},
    fields=tuple(Field(key=key, kind=Kind.TEXT, question={"en": f"{key}?"}, required=key in "ac") for key in KEYS),
)
TODAY = date(2026, 6, 1)
KNOWN = st.dictionaries(st.sampled_from(KEYS), st.just("known"), max_size=4)
REPLIES: st.SearchStrategy[Reply] = st.one_of(
    st.sampled_from([Begin(), Back(), Skip(), Send(), Leave(), Answered(value=Problem.EMPTY)]),
    st.builds(Change, st.sampled_from((*KEYS, "nothing"))),
    st.builds(Answered, value=st.sampled_from(["x", "y"]), key=st.sampled_from((None, *KEYS, "nothing"))),
    st.builds(Filled, st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["", "x", Problem.EMPTY]))),
)

SLOW = settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw, on a loaded machine


def play(replies: list[Reply], known: dict[str, str]) -> list[tuple[Reply, Filling, Outcome]]:
    """Begin, then each reply until the case opens."""
    filling, outcome = form.step(FORM, None, Begin(), known)
    turns: list[tuple[Reply, Filling, Outcome]] = [(Begin(), filling, outcome)]
    for reply in replies:
        if isinstance(outcome, Complete):
            break
        filling, outcome = form.step(FORM, filling, reply, known)
        turns.append((reply, filling, outcome))
    return turns


@SLOW
@given(st.lists(REPLIES, max_size=25), KNOWN)
def test_nothing_known_is_asked_unless_the_customer_changes_it(replies: list[Reply], known: dict[str, str]) -> None:
    for reply, filling, outcome in play(replies, known):
        if isinstance(outcome, Ask) and not (isinstance(reply, Answered) and reply.key is not None):
            assert outcome.field.key not in known or outcome.field.key in filling.changing


@SLOW
@given(st.lists(REPLIES, max_size=25), KNOWN)
def test_a_case_has_everything_that_it_needs(replies: list[Reply], known: dict[str, str]) -> None:
    for _, filling, outcome in play(replies, known):
        assert len(set(filling.path)) == len(filling.path)
        if isinstance(outcome, Complete | Confirm) and filling.at is None:
            found = form.values(FORM, filling, known)
            assert {one.key for one in FORM.fields if one.required} <= set(found)


@SLOW
@given(st.lists(REPLIES, max_size=25), KNOWN)
def test_whoever_answers_everything_comes_to_the_end(replies: list[Reply], known: dict[str, str]) -> None:
    _, filling, outcome = play(replies, known)[-1]
    for _ in range(len(KEYS) + 1):
        if isinstance(outcome, Confirm | Complete):
            break
        filling, outcome = form.step(FORM, filling, Answered(value="x"), known)
    assert isinstance(form.step(FORM, filling, Send(), known)[1], Complete)


def test_a_button_of_a_form_that_was_never_begun_does_nothing() -> None:
    for reply in (Send(), Back(), Skip(), Change("a"), Answered(value="x", key="a")):
        assert form.step(FORM, None, reply, {})[1] == Stale()


def asked(kind: Kind, **more: object) -> Field:
    return Field(key="key", kind=kind, question={"en": "?"}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "text", "value"), [
    (Kind.TEXT, "  it   leaks ", "it leaks"),
    (Kind.TEXT, " ", Problem.EMPTY),
    (Kind.TEXT, "x" * 501, Problem.TOO_LONG),
    (Kind.DATE, "2026年3月4日", "2026-03-04"),
    (Kind.DATE, "4 March 2026", "2026-03-04"),
    (Kind.DATE, "Mar 4th, 2026", "2026-03-04"),
    (Kind.DATE, "昨天", "2026-05-31"),
    (Kind.DATE, "03/04/2026", Problem.AMBIGUOUS_DATE),
    (Kind.DATE, "31 February 2026", Problem.NOT_A_DATE),
    (Kind.DATE, "4 Ma 2026", Problem.NOT_A_DATE),
    (Kind.DATE, "1066-10-14", Problem.NOT_A_DATE),
    (Kind.SERIAL, "序列号是 wm-47 11", "WM-4711"),
    (Kind.SERIAL, "I do not know", Problem.NOT_A_SERIAL),
    (Kind.ADDRESS, "上海市南京西路100号", "上海市南京西路100号"),
    (Kind.ADDRESS, "在家", Problem.NOT_AN_ADDRESS),
    (Kind.ADDRESS, "my flat", Problem.NOT_AN_ADDRESS),
    (Kind.PHONE, "+49 (30) 90-18.20", "+4930901820"),
    (Kind.PHONE, "tomorrow", Problem.NOT_A_PHONE),
    (Kind.PHOTO, "here it is", Problem.NOT_A_PHOTO),
])  # fmt: skip
def test_answers_are_read_or_refused(kind: Kind, text: str, value: str) -> None:
    assert read(asked(kind), text, (), TODAY) == value


def test_a_choice_is_named_by_words_or_by_its_number() -> None:
    field = asked(Kind.CHOICE, options=(Option(value="now", label={"en": "Urgent", "zh-Hans": "很急"}),))
    assert [read(field, text, (), TODAY) for text in ("urgent", "很急。", "1", "now")] == ["now"] * 4
    assert [read(field, text, (), TODAY) for text in ("2", "0", "never")] == [Problem.NOT_A_CHOICE] * 3


def test_a_choice_is_meant_by_words_that_only_it_has() -> None:
    labels = {"now": "It is urgent", "days": "A few days", "weeks": "A few weeks", "later": "可以等几天"}
    field = asked(Kind.CHOICE, options=tuple(Option(value=value, label={"en": text}) for value, text in labels.items()))
    assert [read(field, text, (), TODAY) for text in ("Urgent!", "weeks", "等几天")] == ["now", "weeks", "later"]
    unclear = ("a few", "not urgent", "urge", "day", "天", "It is urgent or it is not")
    assert [read(field, text, (), TODAY) for text in unclear] == [Problem.NOT_A_CHOICE] * len(unclear)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"en": "Not urgent"}, "urgent"),
        ({"en": "It's not that urgent"}, "Urgent!"),
        ({"en": "It won't start"}, "start"),
        ({"en": "Non-electric"}, "electric"),
        ({"zh-Hans": "不着急"}, "着急"),
        ({"zh-Hans": "没有漏水"}, "漏水"),
        ({"zh-Hans": "不太着急"}, "着急"),
    ],
)
def test_a_choice_is_not_meant_by_what_it_denies(option: dict[str, str], said: str) -> None:
    options = (Option(value="this", label=option), Option(value="other", label={"en": "Something else"}))
    field = asked(Kind.CHOICE, options=options)
    assert read(field, said, (), TODAY) == Problem.NOT_A_CHOICE
    assert read(field, next(iter(option.values())), (), TODAY) == "this"


def test_a_product_is_not_the_one_whose_name_holds_it() -> None:
    field = asked(Kind.PRODUCT, options=(Option(value="W100", label={"en": "Washer 100 Pro"}),))
    assert read(field, "Washer 100", (), TODAY) == "Washer 100"


def test_the_operators_own_shape_is_asked_for() -> None:
    field = asked(Kind.TEXT, pattern=r"\d{5}")
    assert read(field, "10115", (), TODAY) == "10115"
    assert read(field, "Berlin", (), TODAY) == Problem.PATTERN


def test_pictures_are_kept_by_name() -> None:
    assert read(asked(Kind.PHOTO), "", (Photo(id=1, name="a.png"), Photo(id=2, name="b.png")), TODAY) == "a.png, b.png"


@pytest.mark.parametrize("reply", [Begin(), Back(), Skip(), Send(), Leave()])
def test_buttons_are_read_as_they_are_written(reply: Reply) -> None:
    assert pressed(button("test", type(reply).__name__.lower())) == ("test", reply)
    assert pressed(button("test", "change", "key")) == ("test", Change("key"))
    assert pressed(button("test", "pick", "key", "a-b")) == ("test", Answered(key="key", value="a-b"))
    assert pressed("helped") is None
    assert pressed("form:test:fly") is None


def test_words_that_move() -> None:
    assert [typed(words) for words in ("back", "上一步", "skip", "跳过。", "cancel", "取消", "the back door")] == [
        Back(), Back(), Skip(), Skip(), Leave(), Leave(), None,
    ]  # fmt: skip


def test_a_page_keeps_what_fits_and_asks_for_the_first_that_does_not() -> None:
    filling, _ = form.step(FORM, None, Begin(), {})
    page = Filled({"a": "x", "b": "", "c": Problem.EMPTY, "d": "y"})
    filling, outcome = form.step(FORM, filling, page, {})
    assert (filling.answers, filling.path) == ({"a": "x", "d": "y"}, ("a", "b", "d"))
    assert outcome == Ask(field=FORM.fields[2], problem=Problem.EMPTY)
    filling, outcome = form.step(FORM, filling, Answered(value="z"), {})
    assert (filling.answers, outcome) == ({"a": "x", "c": "z", "d": "y"}, Confirm())


def test_a_page_cannot_leave_out_what_is_needed_by_leaving_it_empty() -> None:
    filling, _ = form.step(FORM, None, Begin(), {})
    _, outcome = form.step(FORM, filling, Filled({"a": "", "c": "x"}), {})
    assert outcome == Ask(field=FORM.fields[0], problem=Problem.REQUIRED)


def test_a_page_of_a_form_that_was_not_begun_is_stale() -> None:
    assert form.step(FORM, None, Filled({"a": "x"}), {})[1] == Stale()


def test_answers_on_a_page_are_read_like_answers_in_the_chat() -> None:
    answers = {"a": "  two   words ", "b": " ", "c": "", "gone": "x"}
    assert pressed(filled("test", answers)) == ("test", Filled(answers))
    assert read_all(FORM, answers, TODAY) == {"a": "two words", "b": "", "c": Problem.EMPTY}


@pytest.mark.parametrize("broken", ["", "{", "[]", '"x"', '{"a": 1}', "[" * 100_000])
def test_a_page_that_makes_no_sense_is_no_button(broken: str) -> None:
    assert pressed(f"form:test:fill:{broken}") is None
