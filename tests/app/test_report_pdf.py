"""Reports as PDF, read back: every word, the foot of each page, pictures and their scale."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from app import report_texts as words
from app import texts
from app.reports import fonts, key_picture, pdf
from app.reports.draft import Draft, edited, sign
from app.reports.own_outline import with_outline
from app.store.outlines import KeptOutline, NewOutline
from ml import display
from ml.results import Analysis, Refused
from tests.app.readings import drafted, measured, reading, refused
from tests.app.test_report_draft import SIDE_OR_MM

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def read_back(draft: Draft, answer: Analysis | Refused) -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(draft, answer)))


def squeezed(text: str) -> str:
    """Text without its line breaks: a paragraph breaks where it fits."""
    return re.sub(r"\s+", "", text)


def pages(reader: PdfReader) -> list[str]:
    return [squeezed(page.extract_text()) for page in reader.pages]


@pytest.mark.parametrize("answer", [reading(), reading("PNG"), refused()])
def test_every_section_and_every_sentence_is_printed(
    answer: Analysis | Refused, tmp_path: Path
) -> None:
    draft = drafted(answer, measured(tmp_path))
    own = edited(draft, {name: f"Reader on {title}." for name, title in words.SECTIONS.items()})
    found = "".join(pages(read_back(own, answer)))
    for section in own.sections:
        assert squeezed(section.title) in found
        for piece in section.pieces:
            assert squeezed(piece.text) in found
    for line in (own.footer.thresholds, own.footer.protocol, *dict(own.footer.weights).values()):
        assert squeezed(line) in found


def test_each_line_says_who_wrote_it() -> None:
    read = reading()
    draft = edited(drafted(read), {"comparison": "Compared with 2024."})
    text = read_back(draft, read).pages[0].extract_text()
    comparison = text[text.index("Comparison") : text.index("Findings")].split("\n")
    said = [line.strip() for line in comparison if line.strip()]
    assert said == ["Comparison", "AI", words.NOT_COMPARED, "Reader", "Compared with 2024."]


def test_notice_figure_and_status_stand_on_every_page(tmp_path: Path) -> None:
    read = reading()
    draft = edited(drafted(read, measured(tmp_path)), {"findings": "A line.\n" * 90})
    found = pages(read_back(draft, read))
    assert len(found) > 2
    for number, page in enumerate(found, start=1):
        assert squeezed(texts.NOTICE) in page
        assert squeezed(draft.footer.held_out) in page
        assert squeezed(words.NOT_SIGNED) in page
        assert squeezed(words.page(number)) in page


def test_unsigned_says_draft_and_signed_does_not() -> None:
    read = reading()
    draft = drafted(read)
    assert all(page.count(words.DRAFT) >= 3 for page in pages(read_back(draft, read)))
    done = sign(draft, "A. Reader", NOON)
    found = pages(read_back(done, read))
    assert all(words.DRAFT not in page for page in found)
    assert all(squeezed("Signed by A. Reader, 2026-11-22 12:30 UTC.") in page for page in found)


def test_the_raw_picture_is_in_it_as_it_is_shown() -> None:
    read = reading()
    scan = read.scan
    (picture,) = read_back(drafted(read), read).pages[0].images
    shown = display.window(scan.pixels, scan.window.center, scan.window.width)
    np.testing.assert_array_equal(np.asarray(picture.image.convert("L")), shown)


def content(answer: Analysis | Refused) -> str:
    """What the first page draws."""
    found = read_back(drafted(answer), answer).pages[0].get_contents()
    assert found is not None
    return found.get_data().decode("latin-1")


def test_the_mark_of_a_draft_is_drawn_over_the_text() -> None:
    drawn = content(reading())
    assert drawn.index("(Impression)") < drawn.rindex("(DRAFT)")
    assert drawn.rindex(" re") < drawn.rindex("(DRAFT)")


def test_the_outline_lies_where_the_mask_is() -> None:
    read = reading()
    drawn = content(read)
    number = r"(-?[\d.]+)"
    placed = re.findall(rf"{number} 0 0 {number} {number} {number} cm\s*/\S+ Do", drawn)
    assert len(placed) == 2
    width, height, left, bottom = map(float, placed[1])
    outline = drawn[drawn.rindex(" Do") :].replace("\n", " ")
    paths = re.findall(rf"((?:{number} {number} [ml]\s+)+)h S", outline)
    corners = np.array(re.findall(rf"{number} {number} [ml]", paths[-1][0]), float)
    columns = (corners[:, 0] - left) / width * read.scan.shape[1]
    rows = (bottom + height - corners[:, 1]) / height * read.scan.shape[0]
    mask = np.argwhere(read.segmentation.mask)
    top, start = mask.min(axis=0)
    end = mask.max(axis=0) + 1
    assert (rows.min(), columns.min()) == pytest.approx((top, start), abs=0.2)
    assert (rows.max(), columns.max()) == pytest.approx(end, abs=0.2)


def test_a_refused_scan_has_its_raw_picture_only() -> None:
    stopped = refused()
    assert content(stopped).count(" Do") == 1
    assert content(reading()).count(" Do") == 2
    found = "".join(pages(read_back(drafted(stopped), stopped)))
    assert squeezed(words.REFUSED_PICTURE) in found
    assert squeezed(words.OUTLINED) not in found
    assert "glioma" not in found.lower()


def test_the_scale_bar_is_in_millimetres_only_with_a_spacing() -> None:
    scan = reading().scan
    assert scan.spacing_mm is not None
    bar = key_picture.scale(scan)
    assert bar.unit == "mm"
    width = scan.shape[1] * scan.spacing_mm[1]
    assert bar.share * width == pytest.approx(bar.size)
    assert 0.1 < bar.share <= 1 / 3
    plain = key_picture.scale(reading("PNG").scan)
    assert plain.unit == "px"
    assert plain.share * 128 == pytest.approx(plain.size)
    wide = replace(scan, spacing_mm=(1.0, 2.0))
    assert key_picture.scale(wide).share * 256 == pytest.approx(key_picture.scale(wide).size)


def test_a_png_report_shows_neither_a_side_nor_a_millimetre(tmp_path: Path) -> None:
    read = reading("PNG")
    text = "\n".join(
        page.extract_text() for page in read_back(drafted(read, measured(tmp_path)), read).pages
    )
    assert not SIDE_OR_MM.search(text)
    assert texts.ORIENTATION in text
    plain = reading()
    first = read_back(drafted(plain), plain).pages[0].extract_text()
    assert re.search(r"\d+ mm\b", first)
    assert texts.ORIENTATION not in first
    for letter in "RLAP":  # at the edges of both pictures
        assert len(re.findall(rf"(?m)^{letter}$", first)) == 2


def test_a_readers_outline_is_drawn_and_marked_apart() -> None:
    read = reading()
    row = KeptOutline(
        id=1,
        content_hash=read.scan.content_hash,
        outline=NewOutline("A. Reader", 0.3, 0.45, 1, None, None, None, None, None),
        at=NOON,
        model_version="",
        weights_hash="",
        takes_back=None,
        standing=True,
    )
    draft = drafted(read)
    plain, own = (read_back(one, read) for one in (draft, with_outline(draft, read, row)))
    assert squeezed(words.BOTH_OUTLINED) not in "".join(pages(plain))
    found = "".join(pages(own))
    assert squeezed(words.BOTH_OUTLINED) in found
    assert squeezed("Outline of the reader A. Reader") in found
    dashes = [page.get_contents().get_data().count(b"[3 3] 0 d") for page in own.pages[:1]]
    assert dashes == [1]
    with pytest.raises(ValueError, match="another scan"):
        with_outline(draft, read, replace(row, content_hash="0" * 64))


def test_umlauts_and_greek_letters_are_printed() -> None:
    read = reading()
    draft = edited(drafted(read), {"findings": "Ödem größer, Łódka, μ und αβγ < 3 & mehr."})
    done = sign(draft, "Μυρτω Müller", NOON)
    found = "".join(pages(read_back(done, read)))
    assert squeezed("Ödem größer, Łódka,") in found
    assert squeezed("und αβγ < 3 & mehr.") in found
    assert squeezed("Signed by Μυρτω Müller") in found
    assert squeezed(words.UNPRINTABLE) not in found


@pytest.mark.parametrize(("name", "shown"), [("Анна", "????"), ("Ελένη Łódź", "Ελενη Łódz")])
def test_letters_of_no_font_are_said_to_be_missing(name: str, shown: str) -> None:
    read = reading()
    done = sign(drafted(read), name, NOON)
    found = "".join(pages(read_back(done, read)))
    assert squeezed(words.UNPRINTABLE) in found
    assert squeezed(f"Signed by {shown},") in found


def test_markup_of_a_reader_is_text() -> None:
    assert fonts.markup("<b>&") == "&lt;b&gt;&amp;"


def test_a_line_longer_than_a_page_is_printed_whole() -> None:
    read = reading()
    long = "word " * 2500 + "END"
    found = pages(read_back(edited(drafted(read), {"findings": long}), read))
    assert "".join(found).count("word") == 2500
    assert any("END" in page for page in found[1:])


def test_the_same_report_gives_the_same_bytes() -> None:
    read = reading()
    assert pdf.render(drafted(read), read) == pdf.render(drafted(read), read)


def test_nothing_of_the_source_that_names_a_patient_is_in_it() -> None:
    read = reading()
    assert "PHANTOM" not in "".join(pages(read_back(drafted(read), read)))
