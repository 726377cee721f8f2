#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (cam_fuzz_targets::target("onnx").expect("it is in the list").run)(bytes)
});
