use super::*;

/// `cpu=1,memory=2Gi` as a map; `-` as none.
fn list(text: &str) -> Value {
    let mut all = Value::empty_object();
    for (name, amount) in text.split(',').filter_map(|pair| pair.split_once('=')) {
        all.set(name, amount);
    }
    all
}

fn resources(text: &str) -> Value {
    let (requests, limits) = text.split_once('/').unwrap();
    crate::object! { "requests" => list(requests), "limits" => list(limits) }
}

fn range(body: Value) -> Plain {
    let value = crate::object! {
        "metadata" => crate::object! { "name" => "abc", "namespace" => "test" },
        "spec" => crate::object! { "limits" => vec![body] },
    };
    match crate::api::AnyObject::from_value(Kind::LimitRange, &value) {
        crate::api::AnyObject::Plain(plain) => Plain::clone(&plain),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pods_are_refused_as_by_upstreams_table() {
    let mut count = 0;
    for line in include_str!("../../../tests/cases/limits.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        let [outcome, name, containers, own, other, kind, says] = cells.as_slice() else {
            panic!("{line}");
        };
        let container =
            |resources: Value| crate::object! { "name" => "c", "resources" => resources };
        let many = std::iter::repeat_n(container(resources(own)), containers.parse().unwrap());
        let mut spec = crate::object! { "containers" => many.collect::<Vec<_>>() };
        let (sort, others) = other.split_once(' ').unwrap();
        let others = || others.split(' ').filter(|one| one.contains('/')).map(resources);
        match sort {
            "init" => spec.set("initContainers", others().map(container).collect::<Vec<_>>()),
            "side" => {
                let mut all: Vec<Value> = others().map(container).collect();
                all.iter_mut().for_each(|one| one.set("restartPolicy", "Always"));
                spec.set("initContainers", all);
            }
            "pod" => spec.set("resources", others().next()),
            _ => {}
        }
        let said: Vec<&str> = says.split(' ').collect();
        let part = |key: &str| {
            let at = said.iter().position(|word| *word == key).unwrap();
            list(said[at + 1])
        };
        let range = range(crate::object! {
            "type" => *kind, "min" => part("min"), "max" => part("max"),
            "maxLimitRequestRatio" => part("ratio"),
        });
        let wrong = wrong_of_pod(&range, &spec);
        assert_eq!(wrong.is_empty(), *outcome == "ok", "{name}: {wrong:?}");
        count += 1;
    }
    assert_eq!(count, 85);
}
