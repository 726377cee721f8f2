//! Numbers listed one by one.

use cam_onnx::array::Data;
use cam_onnx::proto::ElementType;
use cam_onnx::{Error, TensorFault, numbers};

use crate::support::{BOTH, Message, Written, constant, tensor};

fn numbers_of(message: &Message) -> Result<Data, Error> {
    let (tensor, source) = constant(message)?;
    Ok(numbers(&tensor, &source, None)?.data)
}

#[test]
fn floats_lie_in_their_lists() {
    for written in BOTH {
        let message = tensor(ElementType::F32, &[2]).floats(4, &[1.5, f32::MIN], written);
        assert_eq!(numbers_of(&message).expect("listed"), Data::F32(vec![1.5, f32::MIN]));
        let message = tensor(ElementType::F64, &[2]).doubles(10, &[0.1, -1e300], written);
        assert_eq!(numbers_of(&message).expect("listed"), Data::F32(vec![0.1, f32::NEG_INFINITY]));
    }
}

#[test]
fn half_floats_lie_in_int32_data_as_bits() {
    for written in BOTH {
        let message = tensor(ElementType::F16, &[2]).ints(5, &[0x3e00, 0xc000], written);
        assert_eq!(numbers_of(&message).expect("bits"), Data::F32(vec![1.5, -2.0]));
        let message = tensor(ElementType::BF16, &[2]).ints(5, &[0x3fc0, 0xc000], written);
        assert_eq!(numbers_of(&message).expect("bits"), Data::F32(vec![1.5, -2.0]));
    }
}

#[test]
fn integers_lie_in_their_lists() {
    for written in BOTH {
        let ints = |element, field, values: &[i64]| {
            let message = tensor(element, &[values.len() as i64]).ints(field, values, written);
            numbers_of(&message).expect("listed")
        };
        assert_eq!(ints(ElementType::I64, 7, &[i64::MIN, 5]), Data::I64(vec![i64::MIN, 5]));
        assert_eq!(ints(ElementType::I32, 5, &[-3, 1 << 30]), Data::I64(vec![-3, 1 << 30]));
        assert_eq!(ints(ElementType::I16, 5, &[-3]), Data::I64(vec![-3]));
        assert_eq!(ints(ElementType::U16, 5, &[65_535]), Data::I64(vec![65_535]));
        assert_eq!(ints(ElementType::U32, 11, &[0xffff_ffff]), Data::I64(vec![0xffff_ffff]));
        assert_eq!(ints(ElementType::U64, 11, &[i64::MAX]), Data::I64(vec![i64::MAX]));
        assert_eq!(ints(ElementType::I8, 5, &[-128, 127]), Data::I8(vec![-128, 127]));
        assert_eq!(ints(ElementType::U8, 5, &[0, 255]), Data::U8(vec![0, 255]));
        assert_eq!(ints(ElementType::BOOL, 5, &[1, 0]), Data::Bool(vec![true, false]));
    }
}

#[test]
fn an_int32_may_be_written_in_five_bytes() {
    // Some writers do not extend the sign to 64 bits.
    let message = tensor(ElementType::I32, &[1]).ints(5, &[0xffff_fffe], Written::Packed);
    assert_eq!(numbers_of(&message).expect("listed"), Data::I64(vec![-2]));
}

#[test]
fn a_number_that_its_kind_cannot_hold_is_an_error() {
    for (element, field, value) in [
        (ElementType::U8, 5, 256),
        (ElementType::I8, 5, -129),
        (ElementType::F16, 5, 65_536),
        (ElementType::U32, 11, 1 << 32),
    ] {
        let message = tensor(element, &[2]).ints(field, &[0, value], Written::Packed);
        let expected = TensorFault::Value { index: 1, value, element };
        let error = numbers_of(&message).expect_err("it does not fit");
        assert!(matches!(&error, Error::Tensor { what, .. } if *what == expected), "{error}");
    }
    let message = tensor(ElementType::U64, &[1]).ints(11, &[-1], Written::Packed);
    let error = numbers_of(&message).expect_err("beyond i64").to_string();
    assert!(error.contains("18446744073709551615"), "{error}");
}

#[test]
fn lists_of_another_length_or_kind_are_errors() {
    let cases = [
        (tensor(ElementType::F32, &[3]).floats(4, &[1.0], Written::Packed), "1 numbers are listed"),
        (tensor(ElementType::F32, &[1]).ints(7, &[1], Written::Packed), "where f32 does not lie"),
        (tensor(ElementType::I64, &[1]).floats(4, &[1.0], Written::Apart), "float_data"),
        (tensor(ElementType::F32, &[1]).doubles(10, &[1.0], Written::Apart), "double_data"),
    ];
    for (message, says) in cases {
        let error = numbers_of(&message).expect_err("they do not agree").to_string();
        assert!(error.contains("`w`") && error.contains(says), "{error}");
    }
}

#[test]
fn numbers_in_two_places_are_an_error() {
    let message = tensor(ElementType::F32, &[1]).floats(4, &[1.0], Written::Apart);
    let error = numbers_of(&message.bytes(9, [0; 4])).expect_err("which ones?").to_string();
    assert!(error.contains("raw_data") && error.contains("float_data"), "{error}");
}
