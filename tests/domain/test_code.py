from omnibot.domain.code import find_code, find_codes, of_number, spelled


def test_a_code_is_found_as_people_write_it() -> None:
    code = of_number(0x9E3779B97F & (2**40 - 1))
    assert len(code) == 8
    for written in (spelled(code), code, spelled(code).lower(), f"my code is {spelled(code)}, thanks", f"/link {code}"):
        assert find_code(written) == code


def test_letters_that_look_like_digits_are_read_as_them() -> None:
    assert find_code("IL0O-11AB") == "110011AB"


def test_words_and_longer_runs_are_not_codes() -> None:
    for text in ("", "hello", "ABCD-EFGHJ", "XABCDEFGH1", "UUUU-UUUU"):
        assert find_code(text) is None


def test_a_word_that_looks_like_a_code_does_not_hide_the_code_behind_it() -> None:
    assert list(find_codes("/register 7KQM-2XFD")) == ["REG1STER", "7KQM2XFD"]
