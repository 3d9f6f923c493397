"""Which segments of a track somebody holds: a bitmap of at most 32,768 from a base."""

from swarm import bitmap

MOST_BITS = 32_768


class Holdings:
    """Media sequence numbers within 32,768 of each other; older ones are forgotten when newer ones come."""

    __slots__ = ("base", "bits")

    def __init__(self, base: int = 0, bits: int = 0) -> None:
        self.base = base
        self.bits = bits

    def __contains__(self, sequence: int) -> bool:
        place = sequence - self.base
        return 0 <= place < MOST_BITS and bool(self.bits >> place & 1)

    @property
    def newest(self) -> int:
        """The highest one, -1 when there is none."""
        return self.base + self.bits.bit_length() - 1 if self.bits else -1

    def add(self, sequence: int) -> None:
        """One more; too old a one is passed over."""
        if not self.bits:
            self.base = sequence
        lead = self.base - sequence
        if lead > 0:
            if self.bits.bit_length() + lead > MOST_BITS:
                return
            self.base, self.bits = sequence, self.bits << lead
        excess = min(sequence - self.base - MOST_BITS + 1, MOST_BITS)
        if excess > 0:
            self.bits >>= excess
            self.base = sequence - MOST_BITS + 1
        self.bits |= 1 << (sequence - self.base)

    def discard(self, sequence: int) -> None:
        """One less."""
        if sequence in self:
            self.bits &= ~(1 << (sequence - self.base))

    def wire(self) -> tuple[int, bytes]:
        """Base and bitmap as Have carries them."""
        return self.base, bitmap.pack(self.bits)
