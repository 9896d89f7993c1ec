//! Derived chance: a value is a hash of (seed, purpose, name, counter). There is no generator state,
//! so drawing for one object re-rolls nobody else.

/// The seed of a cluster: everything random follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed(pub u64);

/// What a value is drawn for. Each purpose has its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Uids of objects.
    Uid,
    /// Suffixes after `generateName`.
    Name,
    /// Time an image takes to be pulled.
    Pull,
    /// Delays of starting and creating.
    Start,
    /// `$RANDOM` and other chance inside containers.
    Container,
    /// Container ids, image digests and the like.
    Id,
}

/// The letters upstream uses for generated names (no vowels, nothing that looks like another letter).
const NAME_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

impl Seed {
    /// A value of 64 even bits for `name` and its `counter`.
    pub fn draw(self, purpose: Purpose, name: &str, counter: u64) -> u64 {
        mix(self.stream(purpose, name) ^ counter)
    }

    /// What all values for a name have in common.
    fn stream(self, purpose: Purpose, name: &str) -> u64 {
        let (words, rest) = name.as_bytes().as_chunks::<8>();
        let mut hash = mix(self.0 ^ mix(purpose as u64 + 1));
        for word in words {
            hash = mix(hash ^ u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let last = rest.iter().rev().fold(0, |last, byte| last << 8 | u64::from(*byte));
            hash = mix(hash ^ last);
        }
        mix(hash ^ u64::try_from(name.len()).unwrap_or(u64::MAX))
    }

    /// A value in `low..=high`.
    pub fn range(self, purpose: Purpose, name: &str, counter: u64, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low + i64::try_from(self.draw(purpose, name, counter) % span).unwrap_or(0)
    }

    /// The five letters after a `generateName`, for the `counter`-th child of `owner`.
    pub fn name_suffix(self, owner: &str, counter: u64) -> String {
        letters(self.draw(Purpose::Name, owner, counter), 5)
    }

    /// The 128 bits of a version 4 UUID before they are made unrecognizable ([`scattered`]): those of a larger
    /// `counter` are larger, so that what is made together lies together wherever it is sorted by uid.
    pub fn uid(self, name: &str, counter: u64) -> u128 {
        let high = counter << 4 & !0xffff | 0x4000 | counter & 0xfff;
        let low = self.draw(Purpose::Uid, name, counter) >> 2 | 0x2 << 62;
        u128::from(high) << 64 | u128::from(low)
    }

    /// `length` hexadecimal digits, for container ids and digests.
    pub fn hex(self, name: &str, counter: u64, length: usize) -> String {
        let stream = self.stream(Purpose::Id, name);
        let mut text = String::with_capacity(length + 16);
        let mut part = counter.wrapping_mul(64);
        while text.len() < length {
            let digits = hex_digits(mix(stream ^ part));
            text.push_str(std::str::from_utf8(&digits).unwrap_or_default());
            part = part.wrapping_add(1);
        }
        text.truncate(length);
        text
    }
}

/// What is written in place of the bits of a version 4 UUID, and the other way round: the upper half is veiled by what
/// follows from the lower, so that a counter in it looks like chance. Bits of any other kind stay as they are.
pub const fn scattered(uid: u128) -> u128 {
    const KIND: u128 = 0xf << 76 | 0x3 << 62;
    if uid & KIND != 0x4 << 76 | 0x2 << 62 {
        return uid;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    let low = uid as u64;
    uid ^ (mix(low) as u128) << 64 & !KIND
}

/// The sixteen hexadecimal digits of a number.
pub(crate) fn hex_digits(bits: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (to, from) in digits.as_chunks_mut().0.iter_mut().zip(bits.to_be_bytes().as_chunks().0) {
        *to = hex(*from);
    }
    digits
}

/// Four bytes as hexadecimal digits, all at once: halves of bytes are spread over eight bytes of their own, and those
/// above nine become letters.
fn hex(bytes: [u8; 4]) -> [u8; 8] {
    let bytes = u64::from(u32::from_le_bytes(bytes));
    let pairs = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    let single = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
    let halves = (single >> 4 | single << 8) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (halves + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (halves + 0x3030_3030_3030_3030 + letters * 0x27).to_le_bytes()
}

/// `count` letters of the alphabet of generated names, drawn from `value`.
pub fn letters(value: u64, count: usize) -> String {
    let mut rest = value;
    (0..count)
        .map(|_| {
            let index = usize::try_from(rest % 27).unwrap_or(0);
            rest /= 27;
            char::from(NAME_LETTERS.get(index).copied().unwrap_or(b'b'))
        })
        .collect()
}

/// The finalizer of splitmix64: every bit of the input reaches every bit of the output.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_names_and_counters_are_separate_streams() {
        let seed = Seed(7);
        let draws = [
            seed.draw(Purpose::Uid, "a", 0),
            seed.draw(Purpose::Name, "a", 0),
            seed.draw(Purpose::Uid, "b", 0),
            seed.draw(Purpose::Uid, "a", 1),
            Seed(8).draw(Purpose::Uid, "a", 0),
        ];
        for (index, draw) in draws.iter().enumerate() {
            assert!(!draws.iter().skip(index + 1).any(|other| other == draw));
        }
        assert_eq!(seed.draw(Purpose::Uid, "a", 0), draws[0]);
    }

    /// Sorted by when they were made, and yet written as if drawn: no digit but those of the version stays.
    #[test]
    fn uids_are_in_order_and_do_not_look_it() {
        let uids: Vec<u128> = (0..5000).map(|counter| Seed(7).uid("a", counter)).collect();
        assert!(uids.is_sorted());
        let texts: Vec<u128> = uids.iter().copied().map(scattered).collect();
        for (uid, text) in uids.iter().zip(&texts) {
            assert_eq!(scattered(*text), *uid);
        }
        for digit in (0..32).filter(|digit| ![15, 19].contains(digit)) {
            let values: std::collections::BTreeSet<u128> =
                texts.iter().map(|text| text >> (4 * digit) & 0xf).collect();
            assert_eq!(values.len(), 16, "digit {digit}");
        }
        let kind = |text: &u128| (text >> 76 & 0xf, text >> 62 & 0x3);
        assert!(texts.iter().all(|text| kind(text) == (0x4, 0x2)));
    }
}
