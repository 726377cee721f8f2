use super::*;
use cam_tests::networks::{Entry, safetensors};

fn refused(entries: &[Entry]) -> String {
    let checkpoint = Checkpoint::from_safetensors(Path::new("crafted"), safetensors(entries));
    let loaded =
        checkpoint.and_then(|file| load_checkpoint(file, None, Strictness::Exact, &device()));
    loaded.err().expect("it is refused").to_string()
}

fn entry(name: &str, shape: &[usize]) -> Entry {
    (name.to_owned(), shape.to_vec(), vec![0.5; shape.iter().product()])
}

#[test]
fn convolutions_without_channels_are_refused() {
    let bottleneck = [
        entry("layer1.0.conv1.weight", &[0, 64, 1, 1]),
        entry("layer1.0.conv2.weight", &[0, 4, 3, 3]),
        entry("layer1.0.conv3.weight", &[8, 0, 1, 1]),
        entry("conv1.weight", &[4, 3, 7, 7]),
    ];
    assert!(refused(&bottleneck).contains("layer1"));
    let lite = [entry("_conv_stem.weight", &[0, 3, 3, 3]), entry("_bn0.weight", &[0])];
    assert!(refused(&lite).contains("_conv_stem"));
}

#[test]
fn names_that_promise_an_endless_network_end_soon() {
    let names = (1..200).map(|stage| format!("layer{stage}.999999.conv1.weight"));
    let mut entries: Vec<Entry> = names.map(|name| entry(&name, &[4, 4, 3, 3])).collect();
    entries.push(entry("layer1.0.conv1.weight", &[4, 4, 3, 3]));
    entries.push(entry("layer1.0.conv2.weight", &[4, 4, 3, 3]));
    entries.push(entry("conv1.weight", &[4, 3, 7, 7]));
    let start = Instant::now();
    assert!(refused(&entries).contains("missing"));
    assert!(start.elapsed() < Duration::from_secs(5));
}
