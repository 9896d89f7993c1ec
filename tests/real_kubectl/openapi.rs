//! OpenAPI v3 documents, made from the schema: what `apply`, `explain` and validation ask for.

use podyard::api::kind::Kind;
use podyard::api::schema::{self, FieldType, ObjectType, Shape};
use serde_json::{Map, Value, json};

use crate::discovery::{split, versions};

/// Where the document of a version is: `api/v1`, `apis/apps/v1`.
fn place(version: &str) -> String {
    if version.contains('/') { format!("apis/{version}") } else { format!("api/{version}") }
}

/// The list of documents, or one of them.
pub(crate) fn answer(path: &[&str]) -> Option<Value> {
    let wanted = path.join("/");
    if wanted.is_empty() {
        let paths: Map<String, Value> = versions()
            .iter()
            .map(|(version, _)| {
                let place = place(version);
                let url = format!("/openapi/v3/{place}?hash=1");
                (place, json!({ "serverRelativeURL": url }))
            })
            .collect();
        return Some(json!({ "paths": paths }));
    }
    let versions = versions();
    let (version, kinds) = versions.iter().find(|(version, _)| place(version) == wanted)?;
    Some(document(version, kinds))
}

fn document(version: &str, kinds: &[Kind]) -> Value {
    let (group, short) = split(version);
    let mut schemas: Map<String, Value> = schema::schema()
        .objects()
        .map(|object| (object.name.to_owned(), object_schema(object)))
        .collect();
    schemas.insert(
        "Quantity".into(),
        json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] }),
    );
    schemas.insert(
        "IntOrString".into(),
        json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }], "format": "int-or-string" }),
    );
    let mut paths = Map::new();
    for kind in kinds {
        let info = kind.info();
        let gvk = json!({ "group": group, "kind": info.name, "version": short });
        if let Some(found) = schemas.get_mut(schema::Schema::of(*kind).name) {
            found["x-kubernetes-group-version-kind"] = json!([gvk]);
        }
        let scope = if info.namespaced { "/namespaces/{namespace}" } else { "" };
        let root = format!("/{}{scope}/{}", place(version), info.plural);
        let parameters = json!([
            { "name": "fieldValidation", "in": "query", "schema": { "type": "string" } },
            { "name": "dryRun", "in": "query", "schema": { "type": "string" } },
        ]);
        let operation = |action: &str| {
            json!({
                "parameters": parameters, "x-kubernetes-action": action,
                "x-kubernetes-group-version-kind": gvk,
            })
        };
        paths.insert(root.clone(), json!({ "post": operation("post"), "get": operation("list") }));
        paths.insert(
            format!("{root}/{{name}}"),
            json!({ "put": operation("put"), "patch": operation("patch"), "get": operation("get") }),
        );
    }
    json!({
        "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": "v1.36.2" },
        "paths": paths, "components": { "schemas": schemas },
    })
}

fn object_schema(object: &ObjectType) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in &object.fields {
        let mut one = type_schema(field.ty);
        one["description"] = json!(schema::field_docs(object, field.name).unwrap_or_default());
        if let Some(patch) = &field.patch {
            let how = [(patch.merge, "merge"), (patch.retain_keys, "retainKeys")];
            let how: Vec<&str> =
                how.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
            one["x-kubernetes-patch-strategy"] = json!(how.join(","));
            if let Some(key) = patch.key {
                one["x-kubernetes-patch-merge-key"] = json!(key);
            }
        }
        if field.required {
            required.push(field.name);
        }
        properties.insert(field.name.to_owned(), one);
    }
    let mut all = json!({
        "type": "object", "properties": properties,
        "description": schema::object_docs(object).unwrap_or_default(),
    });
    if !required.is_empty() {
        all["required"] = json!(required);
    }
    all
}

fn reference(name: &str) -> Value {
    json!({ "allOf": [{ "$ref": format!("#/components/schemas/{name}") }] })
}

fn type_schema(ty: FieldType) -> Value {
    match ty.shape() {
        Shape::String(Some(_)) if !ty.enumeration().is_empty() => {
            // The empty text is written as two quotes there.
            let all = ty.enumeration().into_iter().map(|value| value.trim_matches('"'));
            json!({ "type": "string", "enum": all.collect::<Vec<_>>() })
        }
        Shape::String(_) | Shape::Time { .. } | Shape::Bytes => json!({ "type": "string" }),
        Shape::Int32 => json!({ "type": "integer", "format": "int32" }),
        Shape::Int64 => json!({ "type": "integer", "format": "int64" }),
        Shape::Float => json!({ "type": "number" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Quantity => reference("Quantity"),
        Shape::IntOrString => reference("IntOrString"),
        Shape::Json => json!({ "type": "object" }),
        Shape::ResourceList => json!({
            "type": "object",
            "additionalProperties": reference("Quantity"),
        }),
        Shape::List(element) => json!({ "type": "array", "items": type_schema(element) }),
        Shape::Map(element) => {
            json!({ "type": "object", "additionalProperties": type_schema(element) })
        }
        Shape::Object(object) => reference(object.name),
    }
}
