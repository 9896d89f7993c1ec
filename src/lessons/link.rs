//! Links that carry a session in their fragment, read without a browser: `#s1=` and deflated JSON in base64url.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// What stands before the session in a link.
pub const MARK: &str = "#s1=";
/// What a link may unfold to, so that a hostile one fills nothing.
const MOST_BYTES: usize = 16 << 20;

/// The text that a link carries; `None` if it is damaged.
pub fn unfold(link: &str) -> Option<String> {
    let (_, data) = link.split_once(MARK)?;
    let data = data.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    let bytes = base64(data.into_iter().next()?)?;
    String::from_utf8(decompress_to_vec_with_limit(&bytes, MOST_BYTES).ok()?).ok()
}

/// The bytes of base64url without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        word = (word << 6 | u32::from(six)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(word >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_unfolds_and_a_damaged_one_does_not() {
        let deflated =
            miniz_oxide::deflate::compress_to_vec("{\"podyard\": 1, \"파드\": 2}".as_bytes(), 6);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::new();
        for part in deflated.chunks(3) {
            let word = part.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
            let word = word << (8 * (3 - part.len()));
            for place in 0..=part.len() {
                text.push(char::from(letters[(word >> (18 - 6 * place) & 63) as usize]));
            }
        }
        let link = format!("https://example.org/yard/#s1={text}");
        assert_eq!(unfold(&link).unwrap(), "{\"podyard\": 1, \"파드\": 2}");
        assert_eq!(
            unfold(&format!("{link})")),
            unfold(&link),
            "a full stop behind it is no part of it"
        );
        assert_eq!(unfold(link.get(..link.len() - 6).unwrap()), None);
        assert_eq!(unfold("https://example.org/#x1=abc"), None);
        assert_eq!(unfold("#s1=!!!"), None);
    }
}
