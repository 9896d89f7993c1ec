//! Base64, as objects of the API carry bytes, and its form for addresses, as tokens carry them.

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Bytes as base64, filled up with `=`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = letters(bytes, ['+', '/']);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Bytes as base64url, not filled up.
pub fn encode_url(bytes: &[u8]) -> String {
    letters(bytes, ['-', '_'])
}

fn letters(bytes: &[u8], last: [char; 2]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            let six = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
            let letter = LETTERS.get(six).copied().map(char::from);
            text.extend(letter.or_else(|| last.get(six.saturating_sub(62)).copied()));
        }
    }
    text
}

/// The bytes of base64; what is none of its letters is skipped.
pub fn decode(text: &str) -> Vec<u8> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for (text, coded) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("foo", "Zm9v"),
            ("파", "7YyM"),
            ("admin", "YWRtaW4="),
            ("1f2d1e2e67df", "MWYyZDFlMmU2N2Rm"),
            ("한글", "7ZWc6riA"),
            ("??>>", "Pz8+Pg=="),
        ] {
            assert_eq!(encode(text.as_bytes()), coded);
            assert_eq!(decode(coded), text.as_bytes());
        }
        assert_eq!(encode_url("??>>".as_bytes()), "Pz8-Pg");
    }
}
