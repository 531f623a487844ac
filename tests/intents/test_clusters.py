"""Questions put together by what they are about, ranked by how many asked."""

from intents import Asking, Cluster, cluster

TEXTS = (
    "开饭店要食品证不",
    "食品证怎么办",
    "烟草证在哪办",
    "食品证要带什么",
    "请问食品证怎么办",
    "烟草证要多少钱",
    "那要多少钱",
)


def asked(*askers: int) -> list[Asking]:
    """``TEXTS`` by these askers."""
    return [Asking(text, asker) for text, asker in zip(TEXTS, askers, strict=True)]


def test_most_askers_come_first() -> None:
    """Two of the tobacco licence before four questions of one enterprise."""
    found = cluster(asked(1, 1, 2, 1, 1, 3, 4))
    assert [each.askers for each in found] == [2, 1, 1]
    assert {TEXTS[place] for place in found[0].members} == {"烟草证在哪办", "烟草证要多少钱"}


def test_the_same_words_are_one_wording() -> None:
    """Courtesy aside; the commonest wording comes first."""
    found = cluster(asked(1, 2, 3, 4, 5, 6, 7))[0]
    assert found.askers == 3
    assert [TEXTS[place] for place in found.members[:2]] == ["食品证怎么办", "请问食品证怎么办"]


def test_what_names_no_matter_is_left_out() -> None:
    """“那要多少钱” says nothing to learn from."""
    assert cluster([Asking("那要多少钱", 1), Asking("？", 2), Asking("", 3)]) == []
    places = {place for each in cluster(asked(1, 2, 3, 4, 5, 6, 7)) for place in each.members}
    assert places == {0, 1, 2, 3, 4, 5}


def test_topics_bring_other_words_together() -> None:
    """What leads to the same entry is near, whatever its words."""
    same, other = (("food", 0.4), ("loan", 0.1)), (("loan", 0.5),)
    words = [Asking("炸串摊子手续", 1, same), Asking("麻辣烫门市许可", 2, same), Asking("周转资金", 3, other)]
    assert [len(each.members) for each in cluster(words)] == [2, 1]
    assert [len(each.members) for each in cluster([Asking(each.text, each.asker) for each in words])] == [1, 1, 1]


def test_clusters_are_the_same_each_time() -> None:
    """And nothing gives nothing."""
    assert cluster(asked(1, 2, 3, 4, 5, 6, 7)) == cluster(asked(1, 2, 3, 4, 5, 6, 7))
    assert cluster([]) == []
    assert cluster([Asking("食品证", 1)]) == [Cluster((0,), 1)]
