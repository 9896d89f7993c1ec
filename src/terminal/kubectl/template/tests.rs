use super::*;

fn pods() -> Value {
    Value::from_json(
        r#"{"items":[{"metadata":{"name":"a","labels":{"x":"1","y":"2"}},"n":3,"up":true},{"metadata":{"name":"b"},"n":0,"up":false}],"secret":"aGVsbG8="}"#,
    )
    .unwrap()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let found = Template::parse(text).and_then(|template| template.print(&pods()));
    assert_eq!(found.as_deref(), Ok(expected), "{text}");
}

#[test]
fn templates_range_choose_and_call() {
    check("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n");
    check("{{range $i, $p := .items}}{{$i}}={{$p.metadata.name}} {{end}}", "0=a 1=b ");
    check(
        "{{range .items}}{{if .up}}{{.metadata.name}} up{{else}} down{{end}}{{end}}",
        "a up down",
    );
    check(
        "{{range .items}}{{if eq .n 3}}three{{else if eq .n 0}}none{{end}},{{end}}",
        "three,none,",
    );
    check("{{range $k, $v := (index .items 0).metadata.labels}}{{$k}}:{{$v}};{{end}}", "x:1;y:2;");
    check("{{len .items}} {{(index .items 1).metadata.name}}", "2 b");
    check("{{with .nope}}yes{{else}}no{{end}}", "no");
    check("{{.nope}}", "<no value>");
    check("{{ .secret | base64decode }}", "hello");
    check("{{printf \"%-4s|%03d|%q\" \"ab\" 7 \"x\"}}", "ab  |007|\"x\"");
    check("a {{- \" b \" -}} c", "a b c");
    check("{{/* nothing */}}x", "x");
    check("{{$x := 1}}{{range .items}}{{$x = .n}}{{end}}{{$x}}", "0");
    check("{{range .items}}{{if not .up}}{{break}}{{end}}{{.metadata.name}}{{end}}", "a");
    check("{{if and .items (gt (len .items) 1)}}many{{end}}", "many");
    check("{{range .none}}x{{else}}empty{{end}}", "empty");
    check("{{(index .items 0).metadata.labels}}", "map[x:1 y:2]");
    check("{{range .items}}{{printf \"%s-%d \" .metadata.name .n}}{{end}}", "a-3 b-0 ");
    check("{{range .items}}{{eq .metadata.name .metadata.name}}{{end}}", "truetrue");
    check("{{with index .items 0}}{{printf \"%d %v\" .n .up}}{{end}}", "3 true");
    check("{{range $p := .items}}{{printf \"%s%d\" $p.metadata.name $p.n}}{{end}}", "a3b0");
    check("{{$p := index .items 0}}{{printf \"%s %s\" $p.metadata.name $.secret}}", "a aGVsbG8=");
}

#[test]
fn mistakes_are_told() {
    for (text, words) in [
        ("{{.a", "error parsing template {{.a, template: output:1: unclosed action"),
        (
            "{{foo}}",
            "error parsing template {{foo}}, template: output:1: function \"foo\" not defined",
        ),
        ("{{if .a}}x", "error parsing template {{if .a}}x, template: output:1: unexpected EOF"),
        ("{{end}}", "error parsing template {{end}}, template: output:1: unexpected {{end}}"),
    ] {
        assert_eq!(Template::parse(text).map(|_| ()).unwrap_err(), words, "{text}");
    }
    let late = Template::parse("{{index .items 9}}").unwrap();
    assert_eq!(
        late.print(&pods()).unwrap_err(),
        "error calling index: reflect: slice index out of range: 9"
    );
}
