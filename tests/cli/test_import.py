"""`omnibot import`: all of a file or nothing, the same file again changes nothing, and what is wrong is said with its row."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from omnibot.__main__ import main
from omnibot.cli.imports import KINDS
from omnibot.domain.purchase import Cover, warranty
from omnibot.flow import import_sheet
from omnibot.store import contacts, database, dealers, facts, purchases
from tests.office import MONDAY

CONTACTS = "id;name;email;tier;postcode;fact_boiler_room\nC-1;Müller;m@example.com;vip;10115;cellar\nC-2;王芳;;;;\n"
PRODUCTS = "sku,name,warranty_months\nWM-100,Washer,24\nDW-7,洗碗机,\n"
PURCHASES = "contact,sku,serial,bought_on\nC-1,WM-100,0012,2025-06-02\nC-2,DW-7,,04.03.2024\n"
DEALERS = (
    "name,regions,postcodes,products,language,capacity,timezone,hours\n"
    "Nord,DE-BE;DE-BB,10;12,WM-*,en,5,Europe/Berlin,mon-fri 09:00-17:30; sat 10:00-14:00\n"
    "上海家电维修,上海、苏州,,,zh-Hans,,Asia/Shanghai,\n"
)


class Desk:
    """A database and the command."""

    def __init__(self, url: str, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.url, self.folder, self._capture = url, folder, capture

    def imports(self, kind: str, text: str | bytes, *more: str) -> tuple[int, str, list[str]]:
        path = self.folder / f"{kind}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = main(["import", kind, str(path), *more])
        out, err = self._capture.readouterr()
        return code, out.strip(), [line.removeprefix(f"{path}: ") for line in err.splitlines()]

    def look(self, question: object) -> object:
        engine = database.open_engine(self.url, connections=1)
        try:
            with engine.begin() as tx:
                return question(tx)  # type: ignore[operator]
        finally:
            engine.dispose()


@pytest.fixture
def desk(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.setenv("OMNIBOT_DATABASE__URL", database_url)
    monkeypatch.chdir(tmp_path)
    return Desk(database_url, tmp_path, capsys)


def test_the_command_knows_the_kinds_there_are() -> None:
    assert KINDS == import_sheet.KINDS


def test_everything_is_taken_in_and_the_same_again_changes_nothing(desk: Desk) -> None:
    for kind, text in (
        ("contacts", CONTACTS),
        ("products", PRODUCTS),
        ("purchases", PURCHASES),
        ("dealers", DEALERS),
    ):
        assert desk.imports(kind, text) == (0, f"{kind}: 2 added, 0 changed, 0 unchanged (utf-8)", [])
        assert desk.imports(kind, text) == (0, f"{kind}: 0 added, 0 changed, 2 unchanged (utf-8)", [])

    def kept(tx: Connection) -> None:
        ids = purchases.contacts_by_ref(tx, ["C-1", "C-2"])
        assert {fact.key: fact.value for fact in facts.of_contact(tx, ids["C-1"])} == {
            "tier": "vip",
            "postcode": "10115",
            "boiler_room": "cellar",
        }
        [washer] = purchases.of_contact(tx, ids["C-1"])
        assert (washer.serial, washer.product.name) == ("0012", "Washer")
        assert warranty(washer, MONDAY.date()).cover is Cover.VALID
        [dishwasher] = purchases.of_contact(tx, ids["C-2"])
        assert warranty(dishwasher, MONDAY.date()).cover is Cover.UNKNOWN
        person = contacts.get(tx, ids["C-2"])
        assert person is not None
        assert person.name == "王芳"
        nord, shanghai = dealers.listing(tx)
        assert nord.profile.postcodes == ("10", "12")
        assert nord.profile.hours["sat"] == ("10:00-14:00",)
        assert shanghai.profile.regions == ("上海", "苏州")

    desk.look(kept)


def test_a_corrected_file_changes_what_is_there(desk: Desk) -> None:
    for kind, text in (("contacts", CONTACTS), ("products", PRODUCTS), ("purchases", PURCHASES), ("dealers", DEALERS)):
        desk.imports(kind, text)
    for kind, text in (
        ("contacts", CONTACTS.replace("Müller", "Mueller")),
        ("products", PRODUCTS.replace("24", "36")),
        ("purchases", PURCHASES.replace("2025-06-02", "2025-06-03")),
        ("dealers", DEALERS.replace(",5,", ",6,")),
    ):
        assert desk.imports(kind, text)[1] == f"{kind}: 0 added, 1 changed, 1 unchanged (utf-8)"


def test_an_empty_cell_leaves_what_is_known(desk: Desk) -> None:
    desk.imports("contacts", CONTACTS)
    desk.imports("contacts", "id,name,tier\nC-1,,\n")

    def kept(tx: Connection) -> tuple[str | None, list[str]]:
        id = purchases.contacts_by_ref(tx, ["C-1"])["C-1"]
        person = contacts.get(tx, id)
        assert person is not None
        return person.name, [fact.value for fact in facts.of_contact(tx, id) if fact.key == "tier"]

    assert desk.look(kept) == ("Müller", ["vip"])


def test_chinese_from_excel_is_read_as_it_is_written(desk: Desk) -> None:
    for encoding in ("gb18030", "utf-16", "utf-8-sig"):
        code, out, _ = desk.imports("contacts", "id,name\nC-9,上海家电维修有限公司\n".encode(encoding))
        assert code == 0
        assert encoding in out

    def kept(tx: Connection) -> str | None:
        person = contacts.by_external_ref(tx, "C-9")
        return person.name if person else None

    assert desk.look(kept) == "上海家电维修有限公司"


def test_one_wrong_row_keeps_the_whole_file_out(desk: Desk) -> None:
    bad = "id,name,email\nC-1,Ada,ada@example.com\nC-1,Bo,\nC-3,=cmd(),x\n,Cy,\n"
    code, out, lines = desk.imports("contacts", bad)
    assert (code, out) == (1, "")
    assert lines == [
        "row 3: this id stands in row 2 already",
        "row 4: name: '=cmd()' would run as a formula; write the value itself",
        "row 4: email: 'x' is not an address",
        "row 5: id: is empty",
        f"omnibot: 4 to mend in {desk.folder / 'contacts.csv'}; nothing was imported",
    ]
    desk.imports("products", PRODUCTS)
    assert desk.look(contacts.listing) == []


def test_a_purchase_needs_its_customer_its_product_and_a_day_that_can_be(desk: Desk) -> None:
    desk.imports("contacts", CONTACTS)
    desk.imports("products", PRODUCTS)
    bad = "contact,sku,bought_on\nC-1,WM-100,03/04/2026\nC-1,WM-100,2999-01-01\nC-1,WM-100,1776-07-04\n"
    assert desk.imports("purchases", bad)[2][:3] == [
        "row 2: bought_on: '03/04/2026' is not a date such as 2026-03-04",
        "row 3: bought_on: 2999-01-01 cannot be right",
        "row 4: bought_on: 1776-07-04 cannot be right",
    ]
    unknown = "contact,sku,bought_on\nC-1,WM-100,2026-01-02\nC-7,XX,2026-01-02\n"
    code, _, lines = desk.imports("purchases", unknown)
    assert code == 1
    assert lines[:2] == ["row 3: contact: nobody has the id 'C-7'", "row 3: sku: there is no product 'XX'"]

    def bought(tx: Connection) -> int:
        return len(purchases.of_contact(tx, purchases.contacts_by_ref(tx, ["C-1"])["C-1"]))

    assert desk.look(bought) == 0


def test_wrong_dealers_are_refused_in_words(desk: Desk) -> None:
    bad = "name,capacity,timezone,hours\nA,many,UTC,mon 09:00\nB,3,Mars/Base,mon-fri 09:00-17:00\nC,3,UTC,never 1-2\n"
    assert desk.imports("dealers", bad)[2][:4] == [
        "row 2: capacity: has to be a number of cases, 0 to 100000",
        "row 2: hours: '09:00' is not an interval such as 09:00-17:30",
        "row 3: hours: 'Mars/Base' is not a time zone such as Europe/Berlin",
        "row 4: hours: 'never 1-2' is not like mon-fri 09:00-17:30",
    ]


def test_a_file_that_is_not_there_is_one_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "contacts", "nowhere.csv"]) == 1
    assert capsys.readouterr().err == "omnibot: nowhere.csv: No such file or directory\n"
