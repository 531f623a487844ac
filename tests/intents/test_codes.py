"""Check characters of credit codes, identity cards and bank cards, and what is masked."""

import pytest

from intents import is_bank_card, is_credit_code, is_id_card, mask


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91350100m000100y43", "91110000802100433B"])
def test_credit_code_with_its_check_character(code: str) -> None:
    """GB 32100: thirty-one letters, weights of three to the power of the place."""
    assert is_credit_code(code)


@pytest.mark.parametrize("code", ["91350100M000100Y44", "91350100M000100Y4", "9135O100M000100Y43", "", "I" * 18])
def test_credit_code_wrong(code: str) -> None:
    """Another check character, too short, a letter that the standard leaves out."""
    assert not is_credit_code(code)


def test_every_wrong_letter_of_a_credit_code_is_found() -> None:
    """One letter changed anywhere is noticed."""
    right = "91350100M000100Y43"
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    wrong = [right[:at] + letter + right[at + 1 :] for at in range(18) for letter in letters if letter != right[at]]
    assert [code for code in wrong if is_credit_code(code)] == []


def test_id_card() -> None:
    """A birthday and the check character of GB 11643."""
    assert is_id_card("11010519491231002X")
    assert is_id_card("11010519491231002x")
    assert not is_id_card("110105194912310021")
    assert not is_id_card("11010519491331002X")


def test_bank_card() -> None:
    """Luhn's check on 16 to 19 digits."""
    assert is_bank_card("4111111111111111")
    assert not is_bank_card("4111111111111112")
    assert not is_bank_card("411111111111111")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我身份证11010519491231002X帮我查", "我身份证［身份证号］帮我查"),
        ("身份证 110105 19491231 002X", "身份证 ［身份证号］"),
        ("身份证110105194912310021", "身份证［身份证号］"),
        ("１１０１０５１９４９１２３１００２Ｘ", "［身份证号］"),
        ("卡号4111 1111 1111 1111，户名宋", "卡号［银行卡号］，户名宋"),
        ("税号91350100M000100Y43", "税号91350100M000100Y43"),
        ("电话13812345678，号A012", "电话13812345678，号A012"),
        ("没有号码", "没有号码"),
    ],
)
def test_mask_hides_persons_not_firms(text: str, masked: str) -> None:
    """What has the form of an identity card is hidden even if its check character is wrong."""
    assert mask(text) == masked
