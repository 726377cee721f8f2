//! Which module of the network's source a node belongs to.

use cam_graph::Name;

use crate::proto::Node;

/// Where PyTorch's newer exporter keeps the modules that a node lies in, as a Python list.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";

/// What a node and its first value are called.
pub(crate) fn name(node: &Node) -> Name {
    let scopes = node.metadata.iter().find(|(key, _)| key == SCOPES);
    let module = match scopes {
        Some((_, scopes)) => from_scopes(scopes),
        None => from_path(&node.name),
    };
    let value = node.outputs.first().cloned().unwrap_or_default();
    Name { module, node: node.name.clone(), value, ends: Vec::new() }
}

/// The last but one of `['', 'layer4', 'layer4.0', 'relu_14']`: behind it comes the node itself.
fn from_scopes(list: &str) -> String {
    let scopes: Vec<&str> = list
        .trim()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',')
        .map(|scope| scope.trim().trim_matches(['\'', '"']))
        .collect();
    match scopes.as_slice() {
        [.., module, _] => (*module).to_owned(),
        _ => String::new(),
    }
}

/// `/layer4/layer4.2/relu_2/Relu` to `layer4.2.relu_2`: a part that goes on from the one before replaces it.
fn from_path(name: &str) -> String {
    let Some((scopes, _)) = name.rsplit_once('/') else { return String::new() };
    let mut module = String::new();
    let mut last = "";
    for part in scopes.split('/').filter(|part| !part.is_empty()) {
        match part.strip_prefix(last).and_then(|rest| rest.strip_prefix('.')) {
            Some(rest) if !last.is_empty() => {
                module.push('.');
                module.push_str(rest);
            }
            _ => {
                if !module.is_empty() {
                    module.push('.');
                }
                module.push_str(part);
            }
        }
        last = part;
    }
    module
}

/// Takes off a first part that all modules share: a wrapper around the network. Modules go by their whole path too.
pub(crate) fn strip_wrapper<'a>(names: impl Iterator<Item = &'a mut Name>) {
    let names: Vec<&mut Name> = names.filter(|name| !name.module.is_empty()).collect();
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let Some(shared) = names.first().map(|name| first(&name.module)) else { return };
    // A network that is one module itself, such as `features.0` to `features.9`, keeps it.
    let is_wrapper = names.iter().all(|name| {
        let rest = name.module.strip_prefix(&shared);
        rest.is_some_and(|rest| match rest.strip_prefix('.') {
            Some(rest) => !rest.starts_with(|c: char| c.is_ascii_digit()),
            // What the wrapped network does itself.
            None => rest.is_empty(),
        })
    });
    let is_wrapper = is_wrapper && names.iter().any(|name| name.module != shared);
    if is_wrapper {
        let within = |end: &String| Some(end.strip_prefix(&shared)?.strip_prefix('.')?.to_owned());
        for name in names {
            // Whoever exported the wrapper may call its modules by their whole path.
            let inner: Vec<String> = name.ends.iter().filter_map(within).collect();
            name.ends.splice(0..0, inner);
            name.module.drain(..name.module.len().min(shared.len() + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_scopes_becomes_the_module_s_path() {
        for (path, module) in [
            ("/layer4/layer4.2/relu_2/Relu", "layer4.2.relu_2"),
            ("/layer4/layer4.0/downsample/downsample.0/Conv", "layer4.0.downsample.0"),
            ("/blocks/blocks.11/attn/qkv/MatMul", "blocks.11.attn.qkv"),
            ("/features/features.1/block/block.0/block.0.2/Relu", "features.1.block.0.2"),
            ("/layer4/layer4.2/Add", "layer4.2"),
            ("/Flatten", ""),
            ("Relu_121", ""),
        ] {
            assert_eq!(from_path(path), module);
        }
    }

    #[test]
    fn the_module_is_the_last_scope_but_one() {
        assert_eq!(
            from_scopes("['', 'layer4', 'layer4.0', 'layer4.0.relu', 'relu_14']"),
            "layer4.0.relu"
        );
        assert_eq!(from_scopes("['', 'mean']"), "");
    }

    #[test]
    fn a_wrapper_around_all_modules_is_taken_off() {
        let named = |module: &str| Name { module: module.to_owned(), ..Name::default() };
        let mut names = [named("model.stem"), named("model.layer1.0"), named("")];
        strip_wrapper(names.iter_mut());
        assert_eq!(names.map(|name| name.module), ["stem", "layer1.0", ""]);
        let mut names = [named("features.0"), named("features.1")];
        strip_wrapper(names.iter_mut());
        assert_eq!(names[1].module, "features.1");
    }
}
