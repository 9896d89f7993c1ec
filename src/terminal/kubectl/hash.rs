//! What `--append-hash` puts behind a name. Follows `pkg/util/hash/hash.go`; the digest is SHA-256 (FIPS 180-4).

use crate::api::value::Value;
use crate::object;

/// The hash of a ConfigMap or Secret: its kind, name and data, and the type of a Secret.
pub(super) fn of(object: &Value) -> String {
    let name = object.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
    let kind = object.str_at("kind").unwrap_or_default();
    let data = object.get("data").cloned().unwrap_or_else(Value::empty_object);
    let mut told = object! { "data" => data, "kind" => kind, "name" => name };
    if kind == "Secret" {
        told.set("type", object.str_at("type").unwrap_or_default());
    }
    let digest = sha256(told.to_json().as_bytes());
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    hex.chars().map(consonant).collect()
}

/// No vowels, no words.
const fn consonant(letter: char) -> char {
    match letter {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}

/// The first bits of the fractional parts of the cube (square) roots of the first primes, worked out in whole numbers.
fn root_bits(prime: u128, power: u32) -> u32 {
    // The largest x with x^power <= prime * 2^(32 * power) is the root with 32 bits behind the point.
    let limit = prime << (32 * power);
    let (mut low, mut high) = (0_u128, 1 << 40);
    while low + 1 < high {
        let middle = u128::midpoint(low, high);
        match middle.checked_pow(power).is_some_and(|number| number <= limit) {
            true => low = middle,
            false => high = middle,
        }
    }
    u32::try_from(low & 0xffff_ffff).unwrap_or(0)
}

fn primes() -> impl Iterator<Item = u128> {
    (2_u128..).filter(|number| (2..*number).all(|one| number % one != 0))
}

fn sha256(text: &[u8]) -> Vec<u8> {
    let constants: Vec<u32> = primes().take(64).map(|prime| root_bits(prime, 3)).collect();
    let mut state: Vec<u32> = primes().take(8).map(|prime| root_bits(prime, 2)).collect();
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    let bits = u64::try_from(text.len()).unwrap_or(0).wrapping_mul(8);
    padded.extend(bits.to_be_bytes());
    for block in padded.chunks(64) {
        round(&mut state, block, &constants);
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn round(state: &mut [u32], block: &[u8], constants: &[u32]) {
    let mut words: Vec<u32> = (block.chunks(4))
        .map(|bytes| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
        .collect();
    let word = |words: &[u32], back: usize| {
        words.len().checked_sub(back).and_then(|at| words.get(at)).copied().unwrap_or(0)
    };
    while words.len() < 64 {
        let (near, far) = (word(&words, 2), word(&words, 15));
        let one = near.rotate_right(17) ^ near.rotate_right(19) ^ near >> 10;
        let other = far.rotate_right(7) ^ far.rotate_right(18) ^ far >> 3;
        let sum = word(&words, 16).wrapping_add(other).wrapping_add(word(&words, 7));
        words.push(sum.wrapping_add(one));
    }
    let Ok([mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h]) =
        <[u32; 8]>::try_from(&*state)
    else {
        return;
    };
    for (word, constant) in words.iter().zip(constants) {
        let choice = e & f ^ !e & g;
        let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let first =
            h.wrapping_add(sum).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
        let majority = a & b ^ a & c ^ b & c;
        let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let second = sum.wrapping_add(majority);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(second));
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *sum = sum.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-4, and one of two blocks.
    #[test]
    fn digests_are_those_of_the_standard() {
        let hex = |text: &str| -> String {
            sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert_eq!(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
    }
}
