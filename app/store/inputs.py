"""How far each scan that was read lies from the training pictures: the distance, and only that."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.store.sessions import Sessions
from app.store.tables import AnswerRow, ScanRow

__all__ = ["Input", "Inputs"]


@dataclass(frozen=True)
class Input:
    """One scan with what the gate measured of it.

    Attributes:
        content_hash: the scan.
        pseudonym: whose it is.
        score: what the gate measured, or None where it was not asked.
        refusal: why the gate stopped it, or None.
        simulated: drawn by this project.
        in_training_set: a copy of a training picture.
        model_version: of the networks that the distance belongs to.
    """

    content_hash: str
    pseudonym: str
    score: float | None
    refusal: str | None
    simulated: bool
    in_training_set: bool
    model_version: str


class Inputs(Sessions):
    """What was read, as the gate saw it."""

    def all(self) -> tuple[Input, ...]:
        """Every scan with its last answer, in the order of the answers."""
        last = select(func.max(AnswerRow.id)).group_by(AnswerRow.scan_id)
        query = (
            select(ScanRow, AnswerRow)
            .join(AnswerRow, AnswerRow.scan_id == ScanRow.id)
            .where(AnswerRow.id.in_(last))
            .order_by(AnswerRow.id)
        )
        with self._read() as session:
            return tuple(
                Input(
                    content_hash=scan.content_hash,
                    pseudonym=scan.pseudonym,
                    score=answer.gate_score,
                    refusal=answer.refusal,
                    simulated=scan.simulated,
                    in_training_set=answer.in_training_set,
                    model_version=answer.model_version,
                )
                for scan, answer in session.execute(query)
            )
