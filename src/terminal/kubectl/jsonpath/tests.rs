use super::*;

fn pods() -> Value {
    Value::from_json(
        r#"{"kind":"List","items":[
            {"metadata":{"name":"a","labels":{"app":"x","a.b/c":"dotted"}},"status":{"phase":"Running","restarts":3,"ips":["1","2"]}},
            {"metadata":{"name":"b","labels":{"app":"y"}},"status":{"phase":"Failed","restarts":0}}]}"#,
    )
    .unwrap()
}

#[track_caller]
fn check(template: &str, expected: &str) {
    let path = JsonPath::parse(template).unwrap();
    assert_eq!(path.print(&pods()).as_deref(), Ok(expected), "{template}");
}

#[test]
fn fields_lists_and_maps() {
    check("{.items[*].metadata.name}", "a b");
    check("{.items[0].metadata.name}", "a");
    check("{.items[-1].metadata.name}", "b");
    check("{.items[0:1].metadata.name}", "a");
    check("{.items[0,1].metadata.name}", "a b");
    check("{.kind}", "List");
    check("{$.kind}-{@.kind}", "List-List");
    check("{.items[0].metadata.labels}", r#"{"a.b/c":"dotted","app":"x"}"#);
    check("{.items[0].metadata.labels.a\\.b/c}", "dotted");
    check("{.items[0].metadata.labels['app']}", "x");
    check("{.items[0].metadata.labels['a\\.b/c']}", "dotted");
    check("{.items[0].status.restarts}", "3");
    check("{.items[0].metadata['name','labels']}", r#"a {"a.b/c":"dotted","app":"x"}"#);
    check("{..phase}", "Running Failed");
    check("{.items[*].nope}", "");
    check("{.nope.deeper}", "");
    check("plain {.kind}\n", "plain List\n");
    check("{\"\\n\"}", "\n");
}

#[test]
fn ranges_and_filters() {
    check(
        "{range .items[*]}{.metadata.name}{\"\\t\"}{.status.phase}{\"\\n\"}{end}",
        "a\tRunning\nb\tFailed\n",
    );
    check("{range .nope[*]}{.x}{end}done", "done");
    check("{range .items[*]}[{range .status.ips[*]}{@},{end}]{end}", "[1,2,][]");
    check("{.items[?(@.status.phase==\"Failed\")].metadata.name}", "b");
    check("{.items[?(@.status.phase!='Failed')].metadata.name}", "a");
    check("{.items[?(@.status.restarts>1)].metadata.name}", "a");
    check("{.items[?(@.status.ips)].metadata.name}", "a");
    check("{.items[?(@.metadata.name==\"a)b\")].metadata.name}", "");
}

#[test]
fn mistakes_are_told_in_the_words_of_client_go() {
    for (template, words) in [
        ("{.metadata.labels.run", "error parsing jsonpath {.metadata.labels.run, unclosed action"),
        ("{.items[}", "error parsing jsonpath {.items[}, unterminated array"),
        ("{.items[x]}", "error parsing jsonpath {.items[x]}, invalid array index x"),
        ("{.a[?(@.x==1}", "error parsing jsonpath {.a[?(@.x==1}, unterminated filter"),
    ] {
        assert_eq!(JsonPath::parse(template).map(|_| ()).unwrap_err(), words, "{template}");
    }
    let late = JsonPath::parse("{.items[7]}").unwrap();
    assert_eq!(late.print(&pods()).unwrap_err(), "array index out of bounds: index 7, length 2");
    let word = JsonPath::parse("{.items[?(@.kind==foo)]}{foo}").unwrap();
    assert_eq!(word.print(&pods()).unwrap_err(), "unrecognized identifier foo");
    let end = JsonPath::parse("{end}").unwrap();
    assert_eq!(end.print(&pods()).unwrap_err(), "not in range, nothing to end");
}
