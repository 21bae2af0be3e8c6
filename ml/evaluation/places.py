"""Where rows and published files lie under a repository root."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Where rows and published files lie under a repository root."""

    root: Path

    @property
    def metrics(self) -> Path:
        """Folder of everything published."""
        return self.root / "assets" / "metrics"

    @property
    def clean_rows(self) -> Path:
        """Rows of the clean split."""
        return self.metrics / "rows" / "classification_clean.csv"

    @property
    def official_rows(self) -> Path:
        """Rows of Sartaj's own split."""
        return self.metrics / "rows" / "classification_official_sartaj.csv"

    @property
    def outline_rows(self) -> Path:
        """Rows of the outline network."""
        return self.metrics / "rows" / "segmentation_clean.csv"

    @property
    def pair_rows(self) -> Path:
        """Rows of the counterfactual pairs."""
        return self.metrics / "rows" / "counterfactual_clean.csv"

    @property
    def membership_rows(self) -> Path:
        """Rows of the look-ups among the training pictures."""
        return self.metrics / "rows" / "membership_clean.csv"

    @property
    def membership(self) -> Path:
        """Chosen distance and figures of the look-up."""
        return self.metrics / "membership.json"

    @property
    def training_index(self) -> Path:
        """Hashes of the training pictures."""
        return self.root / "assets" / "membership" / "training_hashes.safetensors"

    @property
    def gate_rows(self) -> Path:
        """Rows of the pictures tried on the gate."""
        return self.metrics / "rows" / "gate_clean.csv"

    @property
    def gate(self) -> Path:
        """Chosen method, its limit, and the figures of the gate."""
        return self.metrics / "gate.json"

    @property
    def gate_space(self) -> Path:
        """What the gate compares pictures with."""
        return self.root / "assets" / "gate" / "training_space.safetensors"

    @property
    def writing_rows(self) -> Path:
        """Rows of the pictures searched for writing."""
        return self.metrics / "rows" / "writing_clean.csv"

    @property
    def writing_seen(self) -> Path:
        """What was seen in published pictures over the limit, by looking at them."""
        return self.metrics / "rows" / "writing_seen.csv"

    @property
    def writing(self) -> Path:
        """Chosen limit and figures of the search for writing."""
        return self.metrics / "writing.json"

    @property
    def letters(self) -> Path:
        """The small network that knows letters."""
        return self.root / "assets" / "writing" / "letters.safetensors"

    @property
    def background_rows(self) -> Path:
        """Rows of the probe that sees only the background."""
        return self.metrics / "rows" / "background_clean.csv"

    @property
    def robustness_rows(self) -> Path:
        """Rows of the corrupted pictures."""
        return self.metrics / "rows" / "robustness_clean.parquet"

    @property
    def background(self) -> Path:
        """Figures of the background probe."""
        return self.metrics / "background.json"

    @property
    def robustness(self) -> Path:
        """Figures of the corrupted pictures."""
        return self.metrics / "robustness.json"

    @property
    def explanation_rows(self) -> Path:
        """Rows of the scored heat maps."""
        return self.metrics / "rows" / "explanations_clean.csv"

    @property
    def sanity_rows(self) -> Path:
        """Rows of the heat maps of networks with weights drawn anew."""
        return self.metrics / "rows" / "explanation_sanity_clean.csv"

    @property
    def explanations(self) -> Path:
        """Chosen method and figures of the heat maps."""
        return self.metrics / "explanations.json"

    @property
    def thresholds(self) -> Path:
        """Mask threshold chosen on validation."""
        return self.metrics / "thresholds.json"

    @property
    def summary(self) -> Path:
        """The figures that pages, README and cards show."""
        return self.metrics / "summary.json"

    @property
    def trust(self) -> Path:
        """Temperatures and prediction sets chosen on validation, and what they are worth."""
        return self.metrics / "trust.json"

    @property
    def conflict_rows(self) -> Path:
        """Rows of what contradicts itself in the readings of the clean split."""
        return self.metrics / "rows" / "conflicts_clean.csv"

    @property
    def conflicts(self) -> Path:
        """What contradictions within a reading meant on held-out patients."""
        return self.metrics / "conflicts.json"

    @property
    def variability(self) -> Path:
        """How far outlined areas and their changes vary on held-out patients."""
        return self.metrics / "variability.json"

    @property
    def split(self) -> Path:
        """The clean split itself."""
        return self.root / "data" / "splits" / "clean.csv"
