//! Finds every name of another crate in the public items of a crate, for `api`.

use std::collections::HashSet;

use anyhow::Context;
use cargo_metadata::camino::Utf8PathBuf;
use serde_json::{Map, Value};

/// A name of another crate, and the public item that uses it.
pub(crate) struct Foreign {
    pub(crate) krate: String,
    pub(crate) path: String,
    pub(crate) item: String,
    pub(crate) file: Utf8PathBuf,
    pub(crate) line: u64,
}

/// Where an item lists those below it.
const CHILDREN: [&str; 5] = ["fields", "items", "implementations", "tuple", "variants"];

pub(crate) fn foreign_names(rustdoc: &Value) -> anyhow::Result<Vec<Foreign>> {
    let table =
        |name: &str| rustdoc[name].as_object().with_context(|| format!("rustdoc's JSON has no `{name}`"));
    let mut walk = Walk {
        index: table("index")?,
        paths: table("paths")?,
        crates: table("external_crates")?,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    let root = key(&rustdoc["root"]).context("rustdoc's JSON has no `root`")?;
    walk.item(&root);
    // No item lists `impl From<Ours> for Foreign`; those of private types are not in the index.
    for (id, item) in walk.index {
        if item["inner"].get("impl").is_some() {
            walk.item(id);
        }
    }
    Ok(walk.found)
}

struct Walk<'j> {
    index: &'j Map<String, Value>,
    paths: &'j Map<String, Value>,
    crates: &'j Map<String, Value>,
    seen: HashSet<String>,
    found: Vec<Foreign>,
}

impl<'j> Walk<'j> {
    fn item(&mut self, id: &str) {
        let Some(item) = self.index.get(id) else { return };
        let is_public = matches!(item["visibility"].as_str(), Some("public" | "default"));
        if !is_public
            || item["crate_id"] != 0
            || is_generated(&item["inner"])
            || !self.seen.insert(id.to_owned())
        {
            return;
        }
        if let Some(target) = key(&item["inner"]["use"]["id"]) {
            self.name(item, &target);
            self.item(&target);
        }
        self.look(item, &item["inner"]);
    }

    /// Walks types, bounds and generics. rustdoc has many forms for them, but all have paths and children.
    fn look(&mut self, item: &'j Value, value: &'j Value) {
        match value {
            Value::Object(object) => {
                if let (Some(id), true) = (object.get("id").and_then(key), object.contains_key("args")) {
                    self.name(item, &id);
                }
                for (name, value) in object {
                    self.look(item, value);
                    if CHILDREN.contains(&name.as_str()) {
                        value.as_array().into_iter().flatten().filter_map(key).for_each(|id| self.item(&id));
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.look(item, value)),
            _ => {}
        }
    }

    /// Notes the crate of what an item names, unless it is this one.
    fn name(&mut self, item: &Value, id: &str) {
        let is_own = |table: &Map<String, Value>| table.get(id).is_some_and(|named| named["crate_id"] == 0);
        if is_own(self.paths) || is_own(self.index) {
            return;
        }
        let named = self.paths.get(id);
        let krate = named.and_then(|named| self.crates.get(&key(&named["crate_id"])?)?["name"].as_str());
        let path = named.and_then(|named| named["path"].as_array()).into_iter().flatten();
        let path = path.filter_map(Value::as_str).collect::<Vec<_>>().join("::");
        self.found.push(Foreign {
            // A name that cannot be resolved must not pass unseen.
            krate: krate.unwrap_or("unknown").to_owned(),
            path: if path.is_empty() { format!("an unknown item {id}") } else { path },
            item: title(item),
            file: item["span"]["filename"].as_str().unwrap_or("?").into(),
            line: item["span"]["begin"][0].as_u64().unwrap_or(0),
        });
    }
}

/// Auto traits and `impl<T> Into<U> for T` of std, shown on every type.
fn is_generated(inner: &Value) -> bool {
    inner["impl"]["is_synthetic"] == true || inner["impl"].get("blanket_impl").is_some_and(|of| !of.is_null())
}

/// `function connect`, `impl From for Error`.
fn title(item: &Value) -> String {
    let kind = item["inner"].as_object().and_then(|inner| inner.keys().next()).map_or("item", String::as_str);
    let block = &item["inner"]["impl"];
    let of_trait = block["trait"]["path"].as_str().map(|path| format!(" of {path}"));
    let name = item["name"].as_str().map(|name| format!(" {name}"));
    format!("{kind}{}", name.or(of_trait).unwrap_or_default())
}

/// Ids are numbers today and were strings before; the tables' keys are strings.
fn key(id: &Value) -> Option<String> {
    match id {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(name: &str, inner: Value) -> Value {
        json!({"crate_id": 0, "name": name, "visibility": "public", "inner": inner,
               "span": {"filename": "src/lib.rs", "begin": [1, 1], "end": [1, 9]}})
    }

    fn named(id: u32, args: Value) -> Value {
        json!({"resolved_path": {"path": "Any", "id": id, "args": args}})
    }

    /// Item 1 is what a test is about; 90 is `hyper::Error`, 91 is `std::Vec`, 92 is our `Own`.
    fn found(item: Value, more: Value) -> Vec<String> {
        let mut index = more;
        index["0"] = json!({"crate_id": 0, "visibility": "public", "inner": {"module": {"items": [1]}}});
        index["1"] = item;
        let document = json!({
            "root": 0, "index": index,
            "paths": {
                "90": {"crate_id": 7, "path": ["hyper", "Error"]},
                "91": {"crate_id": 1, "path": ["std", "Vec"]},
                "92": {"crate_id": 0, "path": ["own", "Own"]},
            },
            "external_crates": {"1": {"name": "std"}, "7": {"name": "hyper"}},
        });
        let found = foreign_names(&document).expect("has every table");
        found.into_iter().filter(|foreign| foreign.krate != "std").map(|foreign| foreign.krate).collect()
    }

    #[test]
    fn names_are_found_deep_inside_a_type() {
        let args =
            json!({"angle_bracketed": {"args": [{"type": named(90, json!(null))}], "constraints": []}});
        let function = json!({"function": {"sig": {"inputs": [["a", named(91, args)]], "output": null}}});
        assert_eq!(found(item("f", function), json!({})), ["hyper"]);
    }

    #[test]
    fn bounds_and_where_clauses_count() {
        let bound = json!({"trait_bound": {"trait": {"path": "Any", "id": 90, "args": null}}});
        let generics = json!({"where_predicates": [{"bound_predicate": {"bounds": [bound]}}]});
        assert_eq!(found(item("A", json!({"struct": {"generics": generics}})), json!({})), ["hyper"]);
    }

    #[test]
    fn a_public_field_counts_and_a_private_one_does_not() {
        let owner = json!({"struct": {"kind": {"plain": {"fields": [2]}}}});
        let mut field = item("source", json!({"struct_field": named(90, json!(null))}));
        assert_eq!(found(item("A", owner.clone()), json!({"2": field})), ["hyper"]);
        field["visibility"] = json!({"restricted": {"parent": 0, "path": "::a"}});
        assert_eq!(found(item("A", owner), json!({"2": field})), [""; 0]);
    }

    #[test]
    fn a_variant_leaks_through_its_fields() {
        let variant = item("Wire", json!({"variant": {"kind": {"tuple": [3, null]}}}));
        let field = item("0", json!({"struct_field": named(90, json!(null))}));
        assert_eq!(
            found(item("E", json!({"enum": {"variants": [2]}})), json!({"2": variant, "3": field})),
            ["hyper"]
        );
    }

    #[test]
    fn a_reexport_of_another_crate_counts() {
        let reexport =
            json!({"use": {"source": "hyper::Error", "name": "Error", "id": 90, "is_glob": false}});
        assert_eq!(found(item("Error", reexport), json!({})), ["hyper"]);
    }

    #[test]
    fn an_own_item_in_a_private_module_is_followed_through_its_reexport() {
        let reexport = json!({"use": {"source": "inner::f", "name": "f", "id": 2, "is_glob": false}});
        let function =
            item("f", json!({"function": {"sig": {"inputs": [], "output": named(90, json!(null))}}}));
        assert_eq!(found(item("f", reexport), json!({"2": function})), ["hyper"]);
    }

    #[test]
    fn a_written_conversion_counts_and_a_blanket_one_does_not() {
        let args = json!({"angle_bracketed": {"args": [{"type": named(90, json!(null))}]}});
        let block = |blanket: Value, synthetic: bool| {
            let of = json!({"path": "From", "id": 91, "args": args});
            let block = json!({"trait": of, "for": named(92, json!(null)), "items": [],
                               "is_synthetic": synthetic, "blanket_impl": blanket});
            json!({"2": item("", json!({"impl": block}))})
        };
        let own = || item("Own", json!({"struct": {"impls": [2]}}));
        assert_eq!(found(own(), block(json!(null), false)), ["hyper"]);
        assert_eq!(found(own(), block(json!({"generic": "T"}), false)), [""; 0]);
        assert_eq!(found(own(), block(json!(null), true)), [""; 0]);
    }

    #[test]
    fn a_name_that_cannot_be_resolved_fails() {
        let function = json!({"function": {"sig": {"inputs": [], "output": named(404, json!(null))}}});
        assert_eq!(found(item("f", function), json!({})), ["unknown"]);
    }
}
