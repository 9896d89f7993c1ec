use super::*;
use crate::object;

fn labels(pairs: &[(&str, &str)]) -> Value {
    Value::from(
        pairs.iter().map(|(key, value)| (Rc::from(*key), Value::from(*value))).collect::<Map>(),
    )
}

#[test]
fn texts_of_minus_l_come_back_in_canonical_order() {
    for (text, expected) in [
        ("", ""),
        ("x=a,y=b,z=c", "x=a,y=b,z=c"),
        ("z=c, x=a", "x=a,z=c"),
        ("x!=a,y=b", "x!=a,y=b"),
        ("x==a", "x==a"),
        ("x=", "x="),
        ("x= ", "x="),
        ("x=,z= ", "x=,z="),
        ("!x", "!x"),
        ("x>1", "x>1"),
        ("x>1,z<5", "x>1,z<5"),
        ("  x in (  a ,b)  ", "x in (a,b)"),
        ("x in (b,a,a)", "x in (a,b)"),
        ("x notin (a)", "x notin (a)"),
        ("x in ()", "x in ()"),
        ("x in (a,,b)", "x in (,a,b)"),
        ("x in (,a)", "x in (,a)"),
        ("in in (in,notin)", "in in (in,notin)"),
        ("app,tier in (b,a),!old", "app,!old,tier in (a,b)"),
        ("example.com/part-of = web", "example.com/part-of=web"),
    ] {
        let selector = Selector::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        assert_eq!(selector.to_string(), expected, "{text}");
    }
}

#[test]
fn wrong_texts_of_minus_l_are_refused_in_upstreams_words() {
    let key = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    let value = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    for (text, expected) in [
        ("a=b=c", "found '=', expected: ',' or 'end of string'".to_owned()),
        ("a=b,", "found '', expected: identifier after ','".to_owned()),
        ("a=b,,c=d", "found ',', expected: identifier after ','".to_owned()),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt".to_owned()),
        ("a in b", "unable to parse requirement: found 'b' expected: '('".to_owned()),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'".to_owned()),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'".to_owned()),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier".to_owned()),
        ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier".to_owned()),
        ("a=(b)", "unable to parse requirement: found '(', expected: identifier".to_owned()),
        ("!", "unable to parse requirement: found '', expected: identifier".to_owned()),
        ("!a=b", "found '=', expected: ',' or 'end of string'".to_owned()),
        ("=a", "found '=', expected: !, identifier, or 'end of string'".to_owned()),
        (")", "found ')', expected: !, identifier, or 'end of string'".to_owned()),
        ("-a-=b", format!("unable to parse requirement: <nil>: Invalid value: \"-a-\": {key}")),
        ("a=-b-", format!("unable to parse requirement: values[0][a]: Invalid value: \"-b-\": {value}")),
        ("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer".to_owned()),
    ] {
        assert_eq!(Selector::parse(text).map(|fine| fine.to_string()), Err(expected), "{text}");
    }
}

#[test]
fn requirements_match_as_upstream_says() {
    let web = labels(&[("app", "web"), ("empty", ""), ("size", "10")]);
    for (text, expected) in [
        ("app=web", true),
        ("app=db", false),
        ("app!=db", true),
        ("none!=db", true),
        ("app in (web,db)", true),
        ("none in (web)", false),
        ("app notin (web)", false),
        ("none notin (web)", true),
        ("empty", true),
        ("empty=", true),
        ("empty in (,x)", true),
        ("none=", false),
        ("!none", true),
        ("!app", false),
        ("size>9", true),
        ("size>10", false),
        ("size<11", true),
        ("app>1", false),
        ("", true),
    ] {
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.matches(Labels::new(Some(&web))), expected, "{text}");
    }
    assert!(!Selector::Nothing.matches(Labels::new(Some(&web))));
}

#[test]
fn label_selector_objects() {
    let expression = |key: &str, operator: &str, values: Vec<&str>| {
        object! { "key" => key, "operator" => operator, "values" => values }
    };
    let selector = object! {
        "matchLabels" => labels(&[("app", "web")]),
        "matchExpressions" => vec![
            expression("tier", "In", vec!["b", "a"]),
            expression("env", "NotIn", vec!["x"]),
            expression("rel", "Exists", vec![]),
            expression("legacy", "DoesNotExist", vec![]),
        ],
    };
    assert_eq!(
        format_label_selector(Some(&selector)),
        "app=web,env notin (x),!legacy,rel,tier in (a,b)"
    );
    assert_eq!(format_label_selector(None), "<none>");
    assert_eq!(format_label_selector(Some(&object! {})), "<none>");
    assert_eq!(Selector::from_label_selector(None), Ok(Selector::Nothing));
    assert!(Selector::from_label_selector(Some(&object! {})).unwrap().is_empty());
    let wrong = object! { "matchExpressions" => vec![expression("a", "Foo", vec![])] };
    assert_eq!(
        Selector::from_label_selector(Some(&wrong)),
        Err("\"Foo\" is not a valid label selector operator".into())
    );
    assert_eq!(format_label_selector(Some(&wrong)), "<error>");
    let empty = object! { "matchExpressions" => vec![expression("a", "In", vec![])] };
    assert_eq!(
        Selector::from_label_selector(Some(&empty)),
        Err("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"
            .into())
    );
}

#[test]
fn equality_maps_and_node_expressions() {
    let map = labels(&[("disk", "ssd")]);
    let selector = Selector::from_map(Some(&map));
    assert_eq!(selector.to_string(), "disk=ssd");
    assert!(Selector::from_map(None).is_empty());
    assert_eq!(Selector::from_node_expressions(&[], "p"), Ok(Selector::Nothing));
    let bigger = object! { "key" => "size", "operator" => "Gt", "values" => vec!["5"] };
    let selector = Selector::from_node_expressions(&[bigger], "p").unwrap();
    assert!(selector.matches(Labels::new(Some(&labels(&[("size", "6")])))));
    let wrong = object! { "key" => "size", "operator" => "Ge", "values" => vec!["5"] };
    assert_eq!(
        Selector::from_node_expressions(&[wrong], "terms[0].matchExpressions"),
        Err("terms[0].matchExpressions[0].operator: Unsupported value: \"Ge\": supported values: \"In\", \"NotIn\", \"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\"".into())
    );
}
