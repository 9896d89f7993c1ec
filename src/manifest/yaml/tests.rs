use super::super::source::Source;
use super::*;

fn read(text: &str) -> Result<Value, SyntaxError> {
    let source = Source::new(text.as_bytes());
    let chunk = source.chunks(0).into_iter().next().unwrap();
    parse(&chunk).and_then(|tree| to_value(&tree))
}

#[track_caller]
fn reads(text: &str, json: &str) {
    assert_eq!(read(text).map(|value| value.to_json()), Ok(json.to_owned()), "{text}");
}

#[track_caller]
fn fails(text: &str, message: &str) {
    assert_eq!(read(text).map_err(|error| error.message), Err(message.to_owned()), "{text}");
}

#[test]
fn documents_become_json() {
    reads(
        "a: 1\nb:\n- x\n- v: z\n  w: [1, 'two', \"t\\u0068ree\"]\n",
        r#"{"a":1,"b":["x",{"v":"z","w":[1,"two","three"]}]}"#,
    );
    reads("a: {b: c, d: [e, f: g]}", r#"{"a":{"b":"c","d":["e",{"f":"g"}]}}"#);
    reads("- - a\n  - b\n-\n- c", r#"[["a","b"],null,"c"]"#);
    reads("a:\nb: ~\nc: ''", r#"{"a":null,"b":null,"c":""}"#);
    reads(
        "a: |\n  x\n   y\n\n  z\nb: >-\n  p\n  q\n\n  r\n",
        r#"{"a":"x\n y\n\nz\n","b":"p q\nr"}"#,
    );
    reads("a: one\n  two\n\n  three\n", r#"{"a":"one two\nthree"}"#);
    reads("a: 'one\n  two'\nb: \"x\\\n   y\"\n", r#"{"a":"one two","b":"xy"}"#);
    reads("? a\n: b\n? c\n", r#"{"a":"b","c":null}"#);
    reads(
        "a: http://x:80/?q\nb: [http://x:80/]\n",
        r#"{"a":"http://x:80/?q","b":["http://x:80/"]}"#,
    );
    reads("# only a comment\n", "null");
    reads("이름: 파드 # 설명\n", r#"{"이름":"파드"}"#);
    reads("a: \"\\x41\\t\\N\"\n", "{\"a\":\"A\\t\u{85}\"}");
    reads("\"a\": b\n'c': d\n", r#"{"a":"b","c":"d"}"#);
    reads(
        "a: !!str 12\nb: ! 12\nc: !!int \"12\"\nd: !local x\n",
        r#"{"a":"12","b":"12","c":12,"d":"x"}"#,
    );
}

#[test]
fn scalars_are_those_of_yaml_1_1() {
    reads(
        "[yes, No, on, 0777, 1_000, 0x10, 1:30, 2026-11-20, 1e3, .5, 08]",
        r#"[true,false,true,511,1000,16,"1:30","2026-11-20",1000,0.5,8]"#,
    );
    reads("{yes: 1, 2: b, 1.5: c}", r#"{"1.5":"c","2":"b","true":1}"#);
    fails(".inf", "json: unsupported value: +Inf");
}

#[test]
fn the_last_of_equal_keys_wins_and_merges_apply_in_order() {
    reads("a: 1\na: 2\n", r#"{"a":2}"#);
    reads("b: &b {x: 1, z: 2}\nc:\n  <<: *b\n  z: 3\n", r#"{"b":{"x":1,"z":2},"c":{"x":1,"z":3}}"#);
    reads(
        "- &a {x: 1}\n- &b {x: 2, z: 3}\n- <<: [*a, *b]\n",
        r#"[{"x":1},{"x":2,"z":3},{"x":1,"z":3}]"#,
    );
    fails("a: {<<: 1}", "yaml: map merge requires map or sequence of maps as the value");
}

#[test]
fn syntax_errors_have_goyamls_words_and_lines() {
    // as recorded from kubectl
    fails(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n spec: y\n",
        "yaml: line 4: did not find expected key",
    );
    fails(
        "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n",
        "yaml: line 4: found character that cannot start any token",
    );
    fails(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"x\nspec: {}\n",
        "yaml: line 6: found unexpected end of stream",
    );
    // by the rules of the parser
    fails("a: ['sh', '-c' 'x']\n", "yaml: did not find expected ',' or ']'");
    fails("x: 1\na: ['sh', '-c' 'x']\n", "yaml: line 1: did not find expected ',' or ']'");
    fails("a: {b: c d: e}\n", "yaml: did not find expected ',' or '}'");
    fails("x: 1\na: b: c\n", "yaml: line 2: mapping values are not allowed in this context");
    fails("kind: Job\napiVersion:v1\nmetadata:\n", "yaml: line 3: could not find expected ':'");
    fails("a: @x", "yaml: found character that cannot start any token");
    fails("a: *b", "yaml: unknown anchor 'b' referenced");
    fails("a: \"\\q\"", "yaml: found unknown escape character");
    fails("a: [b", "yaml: line 1: did not find expected ',' or ']'");
    fails("a: 'b", "yaml: line 2: found unexpected end of stream");
    fails("a: |0\n x", "yaml: found an indentation indicator equal to 0");
    fails("- a\nb: c", "yaml: line 1: did not find expected '-' indicator");
    fails("a: b\n- c", "yaml: line 1: did not find expected key");
    fails("a: - b", "yaml: block sequence entries are not allowed in this context");
    fails(
        "%YAML 1.1\n%TAG !e! tag:example.com:\n",
        "yaml: line 2: did not find expected <document start>",
    );
    fails("{a: : b}", "yaml: did not find expected node content");
    fails("a: !x!y z", "yaml: found undefined tag handle");
    fails("a: \u{7}", "yaml: control characters are not allowed");
    fails(
        "a: {{ .Values.x }}",
        r#"yaml: invalid map key: map[interface {}]interface {}{".Values.x":interface {}(nil)}"#,
    );
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let refs = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
    }
    fails(&text, "yaml: document contains excessive aliasing");
}

#[test]
fn a_cycle_is_refused() {
    fails("a: &a [*a]", "yaml: anchor 'a' value contains itself");
    fails("a: &a\n  b: {c: *a}", "yaml: anchor 'a' value contains itself");
    fails("&a {<<: *a}", "yaml: anchor 'a' value contains itself");
}

#[test]
fn depth_is_limited_in_blocks_and_flows() {
    fails(&"[".repeat(100_000), "yaml: exceeded max depth of 100");
    fails(&"{a: ".repeat(100_000), "yaml: exceeded max depth of 100");
    fails(&"- ".repeat(100_000), "yaml: exceeded max depth of 100");
    assert!(read(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_ok());
}

#[test]
fn a_long_word_is_no_key() {
    fails(&format!("a: 1\n{}: 1\n", "b".repeat(2000)), "yaml: line 2: could not find expected ':'");
}

/// Texts of the letters that steer the scanner, and of pieces of manifests.
#[test]
fn no_text_makes_the_parser_panic_or_run_on() {
    const PIECES: [&str; 40] = [
        "a",
        "b:",
        " ",
        "  ",
        "\n",
        "\n  ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "? ",
        "#",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "|",
        ">",
        "'",
        "\"",
        "%",
        "@",
        "`",
        "\t",
        "---\n",
        "...\n",
        "\\",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "파드",
        "0",
        "<<: ",
        "~",
        "=",
        "!a,",
        "\\x4",
        "\u{feff}",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(PIECES[usize::try_from(state % 40).unwrap()]);
        }
        let source = Source::new(text.as_bytes());
        for chunk in source.chunks(0) {
            if let Ok(tree) = parse(&chunk) {
                for node in &tree.nodes {
                    assert!(node.from <= node.to && node.to <= text.len() + 1, "{text:?}");
                }
                let _ = to_value(&tree);
            }
        }
    }
}
