//! Korean particles after a value: which form follows depends on the last sound of what is read aloud.

/// How a word ends when it is read aloud in Korean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// 노드
    Vowel,
    /// 파일: `로` follows as after a vowel
    Rieul,
    /// 잡
    Consonant,
}

/// The form of `pair` (`을/를`, the form after a consonant first) that follows `value`.
pub fn particle<'a>(value: &str, pair: &'a str) -> &'a str {
    let (after_consonant, after_vowel) = pair.split_once('/').unwrap_or((pair, pair));
    let ending = ending(value);
    let directional = after_consonant.starts_with('으');
    let as_vowel = ending == Ending::Vowel || (ending == Ending::Rieul && directional);
    if as_vowel { after_vowel } else { after_consonant }
}

fn ending(value: &str) -> Ending {
    let spoken: Vec<char> = value.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let Some(&last) = spoken.last() else { return Ending::Vowel };
    match last {
        '가'..='힣' => syllable(last),
        '0' | '3' | '6' => Ending::Consonant, // 영 삼 육; tens, hundreds and thousands end alike
        '1' | '7' | '8' => Ending::Rieul,     // 일 칠 팔
        '0'..='9' => Ending::Vowel,
        _ if last.is_ascii_alphabetic() => latin(&last_word(value)),
        _ => Ending::Vowel,
    }
}

fn syllable(letter: char) -> Ending {
    match (u32::from(letter) - u32::from('가')) % 28 {
        0 => Ending::Vowel,
        8 => Ending::Rieul,
        _ => Ending::Consonant,
    }
}

/// The Latin letters at the end of `value`, without what is not read aloud after them. An identifier
/// such as `CronJob` counts from its last capital.
fn last_word(value: &str) -> String {
    let end = value.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let mut word: Vec<char> = end.chars().rev().take_while(char::is_ascii_alphabetic).collect();
    word.reverse();
    let hump = word.windows(2).rposition(|pair| {
        matches!(pair, [before, after] if before.is_ascii_lowercase() && after.is_ascii_uppercase())
    });
    word.into_iter().skip(hump.map_or(0, |at| at + 1)).collect()
}

/// Loan words that do not end as their letters say: 템플릿, 앱, 타입, 그룹, 타임아웃, 롤아웃.
const CLOSED: [&str; 6] = ["template", "app", "type", "group", "timeout", "rollout"];
/// 엑시트, 에디트, 체크, 이그제크
const OPEN: [&str; 4] = ["exit", "edit", "check", "exec"];

/// Letters one by one if they are capitals (`URL` 유알엘), else as the loan word sounds (`Job` 잡, `Pod` 파드).
fn latin(word: &str) -> Ending {
    let lower = word.to_ascii_lowercase();
    if CLOSED.contains(&&*lower) {
        return Ending::Consonant;
    }
    if OPEN.contains(&&*lower) {
        return Ending::Vowel;
    }
    let letters: Vec<char> = word.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let spelled = letters.len() == 1 || word.chars().all(|letter| letter.is_ascii_uppercase());
    let before = |back: usize| letters.iter().rev().nth(back).copied().unwrap_or(' ');
    let vowel = |letter: char| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u');
    match (before(0), spelled) {
        ('l' | 'r', true) => Ending::Rieul,
        ('m' | 'n', true) => Ending::Consonant,
        (_, true) => Ending::Vowel,
        ('l', _) => Ending::Rieul,
        ('e', _) if before(1) == 'l' => Ending::Rieul,
        ('m' | 'n', _) => Ending::Consonant,
        ('e', _) if matches!(before(1), 'm' | 'n') => Ending::Consonant,
        ('g', _) if before(1) == 'n' => Ending::Consonant,
        ('b' | 'c' | 'k' | 'p' | 't', _) if vowel(before(1)) && !vowel(before(2)) => {
            Ending::Consonant
        }
        ('k', _) if before(1) == 'c' || vowel(before(1)) => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sound_chooses_the_particle() {
        let cases = [
            ("노드", "을/를", "노드를"),
            ("파드", "이/가", "파드가"),
            ("레이블", "은/는", "레이블은"),
            ("레이블", "으로/로", "레이블로"),
            ("이름", "으로/로", "이름으로"),
            ("노드", "으로/로", "노드로"),
            ("3", "이/가", "3이"),
            ("2", "이/가", "2가"),
            ("10", "을/를", "10을"),
            ("1", "으로/로", "1로"),
            ("CronJob", "을/를", "CronJob을"),
            ("Pod", "은/는", "Pod는"),
            ("DaemonSet", "이/가", "DaemonSet이"),
            ("Deployment", "이/가", "Deployment가"),
            ("template", "을/를", "template을"),
            ("spec.jobTemplate", "은/는", "spec.jobTemplate은"),
            ("app", "으로/로", "app으로"),
            ("`my-app`", "이/가", "`my-app`이"),
            ("apps", "을/를", "apps를"),
            ("type", "과/와", "type과"),
            ("check", "을/를", "check를"),
            ("completions", "을/를", "completions를"),
            ("parallelism", "을/를", "parallelism을"),
            ("apps/v1", "으로/로", "apps/v1로"),
            ("`spec`", "이/가", "`spec`이"),
            ("name", "은/는", "name은"),
            ("schedule", "으로/로", "schedule로"),
            ("URL", "으로/로", "URL로"),
            ("YAML", "이/가", "YAML이"),
            ("TTL", "과/와", "TTL과"),
            ("", "이/가", "가"),
        ];
        for (value, pair, wanted) in cases {
            assert_eq!(format!("{value}{}", particle(value, pair)), wanted);
        }
    }
}
