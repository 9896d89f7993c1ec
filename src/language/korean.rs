//! The words that the page of Korean style rules out, read from that page.

/// The page: its table of terms names the words, and beside them those that are not written. A remark in brackets makes
/// a word one for people to look at: it is wrong in one meaning and right in another.
#[cfg(not(target_arch = "wasm32"))]
const STYLE: &str = include_str!("../../docs/korean.md");
// The browser has no use for it: lessons are proven on the host.
#[cfg(target_arch = "wasm32")]
const STYLE: &str = "";

/// The terms, and the words that are not written.
fn terms() -> (Vec<&'static str>, Vec<&'static str>) {
    let section = STYLE.split("\n## 용어\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in section.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let &[terms, _, others] = cells.as_slice() {
            good.extend(terms.split(", "));
            bad.extend(others.split(", ").filter(|word| !word.is_empty() && !word.contains('(')));
        }
    }
    (good, bad)
}

/// The words in a text, outside of code, that are not written.
pub fn ruled_out(text: &str) -> Vec<String> {
    let (good, bad) = terms();
    // `스케줄` is ruled out, `스케줄링` is a term.
    let mut plain = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    for term in good {
        if bad.iter().any(|word| term != *word && term.contains(word)) {
            plain = plain.replace(term, " ");
        }
    }
    bad.into_iter().filter(|word| plain.contains(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_style_page_are_found_outside_of_code_and_of_longer_terms() {
        let (good, bad) = terms();
        assert!(good.contains(&"파드") && bad.len() > 20, "{bad:?}");
        assert_eq!(ruled_out("포드의 라벨"), ["포드", "라벨"]);
        assert_eq!(ruled_out("스케줄을 바꿉니다"), ["스케줄"]);
        for fine in ["스케줄러가 스케줄링을 미룹니다", "YAML의 주석", "`포드`", "파드의 레이블"]
        {
            assert_eq!(ruled_out(fine), Vec::<String>::new(), "{fine}");
        }
    }
}
