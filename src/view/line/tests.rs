use super::*;
use crate::terminal::Candidate;

/// Presses keys on a line in which `|` is the cursor; gives the line with its cursor, and what the last key asked.
fn keys(line: &str, keys: &[Key]) -> (String, Act) {
    let history: Vec<String> =
        ["kubectl get pods", "kubectl apply -f a.yaml", "echo 파드", "kubectl get nodes"]
            .map(str::to_owned)
            .to_vec();
    let cursor = line.find('|').unwrap();
    let mut line = Line { cursor, ..Line::of(line.replacen('|', "", 1)) };
    line.cursor = cursor;
    let mut last = Act::Pass;
    for key in keys {
        let (next, act) = line.press(*key, &history, words);
        (line, last) = (next, act);
    }
    (shown(&line), last)
}

fn shown(line: &Line) -> String {
    let (head, tail) = line.text.split_at(line.cursor);
    format!("{head}|{tail}")
}

/// Completes the last word from a few words.
fn words(text: &str) -> Completion {
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    let open = text.get(start..).unwrap();
    let all = ["pods", "podtemplates", "nodes", "kubectl", "-n="];
    let fits = all.iter().filter(|word| word.starts_with(open));
    let candidates = fits.map(|word| Candidate {
        text: (*word).to_owned(),
        note: String::new(),
        ends: !word.ends_with('='),
    });
    Completion { start, candidates: candidates.collect() }
}

#[test]
fn the_keys_of_readline_move_and_cut() {
    use Key::{Alt, Ctrl};
    for (line, pressed, wanted) in [
        ("get po|ds", &[Ctrl('a')][..], "|get pods"),
        ("get po|ds", &[Ctrl('e')], "get pods|"),
        ("a\nget po|ds\nb", &[Ctrl('a')], "a\n|get pods\nb"),
        ("a\nget po|ds\nb", &[Ctrl('e')], "a\nget pods|\nb"),
        ("get po|ds", &[Ctrl('b')], "get p|ods"),
        ("파|드", &[Ctrl('f')], "파드|"),
        ("파드|", &[Ctrl('h')], "파|"),
        ("파|드", &[Ctrl('d')], "파|"),
        ("get po|ds", &[Ctrl('u')], "|ds"),
        ("get po|ds", &[Ctrl('k')], "get po|"),
        ("a|\nb", &[Ctrl('k')], "a|b"),
        ("get pods  |x", &[Ctrl('w')], "get |x"),
        ("get pods/web-1|", &[Ctrl('w')], "get |"),
        ("get pods/web-1|", &[Alt('\u{8}')], "get pods/web-|"),
        ("get pods/web-1|", &[Alt('b'), Alt('b')], "get pods/|web-1"),
        ("|get pods", &[Alt('f'), Alt('f')], "get pods|"),
        ("|get pods", &[Alt('d')], "| pods"),
        ("get po|ds", &[Ctrl('u'), Ctrl('e'), Ctrl('y')], "dsget po|"),
        ("get po|ds", &[Ctrl('w'), Ctrl('h'), Ctrl('y')], "getpo|ds"),
        ("|", &[Ctrl('u'), Ctrl('k'), Ctrl('w'), Ctrl('h'), Alt('d'), Alt('b')], "|"),
    ] {
        assert_eq!(keys(line, pressed).0, wanted, "{line} {pressed:?}");
    }
}

#[test]
fn enter_runs_what_is_whole_and_opens_a_row_where_it_is_not() {
    assert_eq!(keys("get pods|", &[Key::Enter]), ("|".into(), Act::Run("get pods".into())));
    assert_eq!(keys("cat <<E|", &[Key::Enter]), ("cat <<E\n|".into(), Act::Show));
    assert_eq!(keys("a|b", &[Key::NewLine]), ("a\n|b".into(), Act::Show));
    assert_eq!(keys("|", &[Key::Enter]), ("|".into(), Act::Run(String::new())));
}

#[test]
fn control_keys_reach_the_terminal() {
    assert_eq!(keys("x|y", &[Key::Ctrl('c')]), ("|".into(), Act::Interrupt("xy".into())));
    assert_eq!(keys("x|y", &[Key::Ctrl('l')]), ("x|y".into(), Act::Clear));
    assert_eq!(keys("|", &[Key::Ctrl('d')]), ("|".into(), Act::End));
    for key in [Key::Ctrl('v'), Key::Ctrl('t'), Key::Left, Key::Home, Key::Escape, Key::BackTab] {
        assert_eq!(keys("x|y", &[key]), ("x|y".into(), Act::Pass), "{key:?}");
    }
}

#[test]
fn arrows_walk_the_history_and_come_back_to_what_was_typed() {
    let up = Key::Up;
    assert_eq!(keys("my|", &[up]).0, "kubectl get nodes|");
    assert_eq!(keys("my|", &[up, up, up, up, up, up]).0, "kubectl get pods|");
    assert_eq!(keys("my|", &[up, up, Key::Down, Key::Down, Key::Down]).0, "my|");
    assert_eq!(keys("my|", &[Key::Ctrl('p'), Key::Ctrl('n')]).0, "my|");
    // Between rows the arrows are the browser's.
    assert_eq!(keys("a\nb|", &[up]), ("a\nb|".into(), Act::Pass));
    assert_eq!(keys("a|\nb", &[up]).0, "kubectl get nodes|");
}

#[test]
fn the_history_is_searched_as_one_types() {
    let history: Vec<String> =
        ["kubectl get pods", "kubectl describe pod x", "ls"].map(str::to_owned).to_vec();
    let none = |_: &str| Completion::default();
    let begin = || Line::of("draft").press(Key::Ctrl('r'), &history, none).0;
    let line = begin().typed("kub", 3, &history);
    assert_eq!(line.found(&history), Some("kubectl describe pod x"));
    let (older, _) = line.clone().press(Key::Ctrl('r'), &history, none);
    assert_eq!(older.found(&history), Some("kubectl get pods"));
    let (newer, _) = older.clone().press(Key::Ctrl('s'), &history, none);
    assert_eq!(newer.found(&history), Some("kubectl describe pod x"));
    // There is none older: the search stays.
    let (same, _) = older.clone().press(Key::Ctrl('r'), &history, none);
    assert_eq!(same.found(&history), Some("kubectl get pods"));
    let (_, act) = older.clone().press(Key::Enter, &history, none);
    assert_eq!(act, Act::Run("kubectl get pods".into()));
    let (taken, act) = older.clone().press(Key::Right, &history, none);
    assert_eq!((shown(&taken), act), ("kubectl get pods|".into(), Act::Show));
    assert_eq!(taken.press(Key::Up, &history, none).0.text, "kubectl get pods");
    let (left, _) = older.press(Key::Escape, &history, none);
    assert_eq!((shown(&left), left.search), ("draft|".into(), None));
    let nothing = begin().typed("zzz", 3, &history);
    assert_eq!(nothing.found(&history), None);
    assert_eq!(nothing.press(Key::Enter, &history, none).1, Act::Show);
}

#[test]
fn tab_completes_then_lists_then_walks() {
    use Key::{BackTab, Enter, Escape, Tab};
    assert_eq!(keys("get no|", &[Tab]).0, "get nodes |");
    assert_eq!(keys("get -|", &[Tab]).0, "get -n=|");
    assert_eq!(keys("get no| -w", &[Tab]).0, "get nodes| -w");
    assert_eq!(keys("get p|", &[Tab]).0, "get pod|");
    assert_eq!(keys("get p|", &[Tab, Tab]).0, "get pods|");
    assert_eq!(keys("get p|", &[Tab, Tab, Tab]).0, "get podtemplates|");
    assert_eq!(keys("get p|", &[Tab, Tab, Tab, Tab]).0, "get pods|");
    assert_eq!(keys("get p|", &[Tab, BackTab]).0, "get podtemplates|");
    assert_eq!(keys("get p|", &[Tab, Key::Down, Key::Down, Key::Up]).0, "get pods|");
    assert_eq!(keys("get p|", &[Tab, Tab, Escape]).0, "get pod|");
    assert_eq!(keys("get p|", &[Tab, Tab, Enter]), ("get pods |".into(), Act::Show));
    assert_eq!(keys("get p|", &[Tab, Enter]).1, Act::Run("get pod".into()));
    assert_eq!(keys("get zz|", &[Tab]), ("get zz|".into(), Act::Show));
    let (line, _) = Line::of("get p").press(Tab, &[], words);
    let offer = line.offer.clone().unwrap();
    assert_eq!((offer.candidates.len(), offer.chosen), (2, None));
    assert_eq!(shown(&line.clone().pick(1)), "get podtemplates |");
    // Typing on takes the list away.
    assert_eq!(line.typed("get pods", 8, &[]).offer, None);
}

#[test]
fn a_paste_is_read_and_told() {
    let line = Line { cursor: 2, ..Line::of("a  b") };
    let (line, told) = line.paste("x", 2, 2);
    assert_eq!((shown(&line).as_str(), told), ("a x| b", None));
    let (line, told) = Line::of("gone").paste("$ ls\na.yaml\n$ pwd\n", 0, 4);
    assert_eq!(shown(&line), "ls\npwd|");
    assert_eq!(told.map(|told| (told.commands, told.skipped)), Some((2, 1)));
}

#[test]
fn whatever_is_pressed_the_line_holds_together() {
    use crate::sim::rng::{Purpose, Seed};
    const KEYS: [Key; 30] = [
        Key::Enter,
        Key::NewLine,
        Key::Tab,
        Key::BackTab,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Home,
        Key::End,
        Key::Escape,
        Key::Ctrl('a'),
        Key::Ctrl('b'),
        Key::Ctrl('c'),
        Key::Ctrl('d'),
        Key::Ctrl('e'),
        Key::Ctrl('f'),
        Key::Ctrl('g'),
        Key::Ctrl('h'),
        Key::Ctrl('k'),
        Key::Ctrl('l'),
        Key::Ctrl('r'),
        Key::Ctrl('s'),
        Key::Ctrl('u'),
        Key::Ctrl('w'),
        Key::Ctrl('y'),
        Key::Alt('b'),
        Key::Alt('d'),
        Key::Alt('f'),
        Key::Alt('\u{8}'),
    ];
    const TEXTS: [&str; 6] = ["", "po", "kubectl get p", "파드 n", "a 'b\nc", "🙂 x | k"];
    let history: Vec<String> =
        ["ls", "echo 파드\n🙂", "kubectl get pods"].map(str::to_owned).to_vec();
    for run in 0..300 {
        let draw = |step: u64, most: usize| {
            let value = Seed(run).draw(Purpose::Container, "keys", step);
            usize::try_from(value % u64::try_from(most).unwrap()).unwrap()
        };
        let mut line = Line::default();
        for step in 0..60 {
            line = match draw(step, 5) {
                0 => {
                    let text = TEXTS[draw(step + 1000, TEXTS.len())];
                    line.typed(text, draw(step + 2000, 20), &history)
                }
                1 => {
                    line.paste(TEXTS[draw(step + 1000, TEXTS.len())], draw(step, 9), draw(step, 7))
                        .0
                }
                2 => line.pick(draw(step + 3000, 4)),
                _ => line.press(KEYS[draw(step + 1000, KEYS.len())], &history, words).0,
            };
            assert!(line.text.is_char_boundary(line.cursor), "{line:?}");
        }
    }
}

#[test]
fn places_count_as_browsers_count() {
    let text = "a파😀b";
    for (bytes, units) in [(0, 0), (1, 1), (4, 2), (8, 4), (9, 5)] {
        assert_eq!(units_before(text, bytes), units);
        assert_eq!(place_behind(text, units), bytes);
    }
}
