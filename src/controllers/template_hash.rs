//! The hash of a pod template, for names and labels. Upstream hashes Go's dump of the struct, which cannot be
//! reproduced; what is kept is the algorithm (32-bit FNV-1a) and the alphabet. Follows `controller.ComputeHash`.

use crate::api::value::Value;

/// The hash of a template, as letters; clashes move it on.
pub(super) fn template_hash(template: &Value, collisions: Option<i64>) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes {
            hash ^= u32::from(*byte);
            hash = hash.wrapping_mul(0x0100_0193);
        }
    };
    feed(template.to_json().as_bytes());
    if let Some(count) = collisions {
        feed(&count.to_le_bytes());
    }
    safe_letters(&hash.to_string())
}

/// Maps every character to the alphabet of generated names. Follows `rand.SafeEncodeString`.
fn safe_letters(text: &str) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    text.bytes()
        .map(|byte| char::from(LETTERS.get(usize::from(byte) % 27).copied().unwrap_or(b'b')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_ten_letters() {
        assert_eq!(safe_letters("0123456789"), "456789bcdf");
    }
}
